// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/count_text.hpp"

#include <fmt/format.h>

namespace wakepath {

std::string count_text(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace wakepath
