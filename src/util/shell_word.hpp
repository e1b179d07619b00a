// SPDX-License-Identifier: GPL-2.0-or-later
// Words of commands that a reader is to paste into a shell.
#pragma once

#include <string>
#include <string_view>

namespace wakepath {

// One word for a shell, whatever is in it.
std::string shell_word(std::string_view text);

// An input that a hint names: the word for its path, safe for a terminal. FILE for what has no
// path, such as standard input.
std::string file_word(std::string_view path);

}  // namespace wakepath
