// SPDX-License-Identifier: GPL-2.0-or-later
// The first line of a summary: is all well? It never says so where a line below it does not.
#pragma once

#include <fmt/format.h>

#include "present/summary_text.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::present {

void append_headline(const Summary& summary, const RunView& run, const TextOptions& options,
                     fmt::memory_buffer& out);

}  // namespace wakepath::present
