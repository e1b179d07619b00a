// SPDX-License-Identifier: GPL-2.0-or-later
// The lines of a /proc/interrupts that somebody copied: from a terminal with its prompt, out of a
// mail with quote marks and wrapped lines, with line numbers before each line.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace wakepath::host {

// Without quote marks and line numbers, "> 2:  9:  0 .." -> "9:  0 ..".
std::string_view without_line_prefix(std::string_view line);

struct CpuHeader {
  std::vector<std::uint32_t> cpus;  // ascending
  std::string_view rest;            // what stands behind: the first row, where both share a line
};
// "CPU0 CPU1", also behind a prompt and its command. nullopt: the line names no CPU so.
std::optional<CpuHeader> find_cpu_header(std::string_view line);
// It has nothing but CPUs above `last`: a header that was wrapped goes on.
bool goes_on_as_header(const CpuHeader& header, std::string_view line, std::uint32_t last);

// "57:  0  0", "LOC:  1". Not "root@host:~#".
bool begins_row(std::string_view line);
// "root@host:~#", "[user@host ~]$ ls", "```"
bool is_prompt(std::string_view line);

}  // namespace wakepath::host
