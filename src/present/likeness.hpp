// SPDX-License-Identifier: GPL-2.0-or-later
// For terminals that have ASCII alone: bars and lines become letters that are like them.
#pragma once

#include <string>
#include <string_view>

namespace wakepath::present {

// "?" where nothing is.
char letter_like(char32_t code);
// As many columns as before. Line ends and the codes of colours stay.
std::string as_ascii(std::string_view text);

}  // namespace wakepath::present
