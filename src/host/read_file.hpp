// SPDX-License-Identifier: GPL-2.0-or-later
// Whole files of /proc and /sys, whose size stat does not know.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace wakepath::host {

inline constexpr std::size_t kSmallFile = std::size_t{256} * 1024;

// nullopt where it can't be opened or read. What is longer than `most` is cut there.
std::optional<std::string> read_file(const std::string& path, std::size_t most = kSmallFile);

// The first line, without the newline and blanks around it.
std::optional<std::string> read_line(const std::string& path);

// Takes the next piece up to `separator` off the front of `rest`.
std::string_view next_piece(std::string_view& rest, char separator);

}  // namespace wakepath::host
