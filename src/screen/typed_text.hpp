// SPDX-License-Identifier: GPL-2.0-or-later
// A line that the user types.
#pragma once

#include <string>

#include "screen/key.hpp"

namespace wakepath::screen {

// A character is put to its end, backspace takes one away; no other key does anything.
void type_into(std::string& text, const Key& key);

}  // namespace wakepath::screen
