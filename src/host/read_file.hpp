// SPDX-License-Identifier: GPL-2.0-or-later
// Reads whole files of /proc and /sys. stat does not know their size.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "util/fd.hpp"

namespace wakepath::host {

inline constexpr std::size_t kSmallFile = std::size_t{256} * 1024;

// nullopt: it can't be opened or read. A longer file is cut at `most`.
std::optional<std::string> read_file(const std::string& path, std::size_t most = kSmallFile);

// The two halves of it. No Fd: it can't be opened.
Fd open_to_read(const std::string& path);
std::optional<std::string> read_open_file(const Fd& fd, std::size_t most = kSmallFile);

// The first line, without the newline and blanks around it.
std::optional<std::string> read_line(const std::string& path);

// A file of procfs, and not of a copy of one.
bool is_of_proc(const std::string& path);

// A root directory as paths are appended to it: "/" becomes an empty text.
std::string without_end_slash(std::string root);

// Takes the next piece up to `separator` off the front of `rest`.
std::string_view next_piece(std::string_view& rest, char separator);

}  // namespace wakepath::host
