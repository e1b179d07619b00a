// SPDX-License-Identifier: GPL-2.0-or-later
// Durations: the form that users write (500us, 10ms, 30s, 5m), and the form that wakepath prints.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wakepath/result.hpp"

namespace wakepath {

// "250ns", "500us", "1.5ms", "30s", "5m", "2h" -> ns. Error: usage.
Result<std::uint64_t> parse_duration(std::string_view text);

// Three significant digits and a unit: "842ns", "12.3us", "1.05ms", "30.0s".
std::string format_duration(std::uint64_t ns);

// As parse_duration() takes it, and exact: "200us", "1500us".
std::string exact_duration(std::uint64_t ns);

}  // namespace wakepath
