// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wakepath {

// "1 wake", "2 wakes".
std::string count_text(std::uint64_t count, std::string_view noun);

}  // namespace wakepath
