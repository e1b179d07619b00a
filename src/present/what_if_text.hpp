// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include "wakepath/sink.hpp"

namespace wakepath::present {

// The totals as they are and as they would be, and what that does not tell. Nothing where it was
// not asked for.
void append_what_if(const Summary& summary, fmt::memory_buffer& out);

}  // namespace wakepath::present
