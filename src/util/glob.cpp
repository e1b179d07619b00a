// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/glob.hpp"

#include <cstddef>

namespace wakepath {

bool matches_glob(std::string_view pattern, std::string_view text) {
  std::uint64_t looked = 0;
  return matches_glob(pattern, text, looked);
}

bool matches_glob(std::string_view pattern, std::string_view text, std::uint64_t& looked) {
  std::size_t p = 0;
  std::size_t t = 0;
  // What the last star took so far; an earlier star never has to take more.
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  while (t < text.size()) {
    ++looked;
    // A star of the pattern is no character, even where the text has one.
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool is_glob(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }

}  // namespace wakepath
