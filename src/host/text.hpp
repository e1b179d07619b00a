// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers in the texts of /proc and /sys.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace wakepath::host {

inline bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The whole text as a number. nullopt: it is none, or does not fit.
template <typename Number>
std::optional<Number> whole_number(std::string_view text, int base = 10) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  return error == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

}  // namespace wakepath::host
