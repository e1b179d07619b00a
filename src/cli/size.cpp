// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/size.hpp"

#include <charconv>
#include <limits>
#include <string>

#include "util/escape.hpp"

namespace wakepath::cli {

Result<std::size_t> parse_size(std::string_view text) {
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  unsigned shift = 0;
  bool known = error == std::errc{};
  if (unit == "K") {
    shift = 10;
  } else if (unit == "M") {
    shift = 20;
  } else if (unit == "G") {
    shift = 30;
  } else {
    known = known && unit.empty();
  }
  if (!known || number > (std::numeric_limits<std::size_t>::max() >> shift)) {
    return fail(ErrorKind::usage, "'" + escape_terminal(text) + "' is no size",
                "a number of bytes, or of 1024s with K, M or G: 64K, 1M");
  }
  return number << shift;
}

}  // namespace wakepath::cli
