// SPDX-License-Identifier: GPL-2.0-or-later
// A wake as a person would annotate it by hand. Each line is a step: its time since the start, how
// long it took, the CPU and the task.
#pragma once

#include <fmt/format.h>

#include "present/summary_text.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::present {

void annotate(const WakeChain& chain, const RunView& run, fmt::memory_buffer& out);
void annotate(const Delivery& delivery, const RunView& run, fmt::memory_buffer& out);

}  // namespace wakepath::present
