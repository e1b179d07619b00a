// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wakepath {

// "1 wake", "2 wakes".
std::string count_text(std::uint64_t count, std::string_view noun);

// "12.5%"; "-" of nothing.
std::string percent_text(std::uint64_t part, std::uint64_t whole);

}  // namespace wakepath
