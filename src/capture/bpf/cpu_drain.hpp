// SPDX-License-Identifier: GPL-2.0-or-later
// One CPU's two rings as one stream.
#pragma once

#include <cstdint>

#include "capture/bpf/cpu_rings.hpp"
#include "capture/name_book.hpp"
#include "record/batch_joiner.hpp"

namespace wakepath::capture {

// Hands on what is there, in the order of time, through `joiner`, to be flushed afterwards; and
// before it the facts of what it names. `count`: of the CPU's events that were handed on. True:
// there is more.
Result<bool> drain_cpu(CpuRings& rings, std::uint64_t& count, NameBook& names,
                       record::BatchJoiner& joiner, RecordSink& sink);

}  // namespace wakepath::capture
