// SPDX-License-Identifier: GPL-2.0-or-later
// How this kernel lays out its records: the formats of the events that a plan enables.
#pragma once

#include <memory>
#include <vector>

#include "capture/bpf/attach_plan.hpp"
#include "wakepath/result.hpp"

struct tep_handle;

namespace wakepath::capture {

struct FreeTep {
  void operator()(tep_handle* tep) const;
};
using Formats = std::unique_ptr<tep_handle, FreeTep>;

// Error: unsupported, where the kernel does not tell them.
Result<Formats> read_formats(const std::vector<PlannedEvent>& plan);

}  // namespace wakepath::capture
