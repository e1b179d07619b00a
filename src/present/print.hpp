// SPDX-License-Identifier: GPL-2.0-or-later
// Formatted text at the end of a buffer.
#pragma once

#include <utility>

#include <fmt/format.h>

namespace wakepath::present {

template <typename... Args>
void print(fmt::memory_buffer& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(fmt::appender(out), format, std::forward<Args>(args)...);
}

}  // namespace wakepath::present
