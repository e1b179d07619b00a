// SPDX-License-Identifier: GPL-2.0-or-later
// Patterns of names: * stands for any characters, ? for one byte, all else for itself. Paths of
// wakes have brackets and backslashes, so that these are nothing special here.
#pragma once

#include <cstdint>
#include <string_view>

namespace wakepath {

// In time of no more than both lengths' product, whatever the pattern.
bool matches_glob(std::string_view pattern, std::string_view text);
// Adds how many characters it looked at.
bool matches_glob(std::string_view pattern, std::string_view text, std::uint64_t& looked);
bool is_glob(std::string_view text);

}  // namespace wakepath
