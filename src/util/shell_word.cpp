// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/shell_word.hpp"

#include "util/escape.hpp"

namespace wakepath {

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/+";
  if (!text.empty() && text.front() != '-' &&
      text.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(text);
  }
  std::string word = "'";
  for (const char character : text) {
    word += character == '\'' ? "'\\''" : std::string(1, character);
  }
  return word + "'";
}

std::string file_word(std::string_view path) {
  return path.empty() || path == "-" ? std::string("FILE") : escape_terminal(shell_word(path));
}

}  // namespace wakepath
