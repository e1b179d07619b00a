// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/count_text.hpp"

#include <fmt/format.h>

namespace wakepath {

std::string count_text(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string percent_text(std::uint64_t part, std::uint64_t whole) {
  return whole == 0
             ? "-"
             : fmt::format("{:.1f}%", static_cast<double>(part) * 100 / static_cast<double>(whole));
}

}  // namespace wakepath
