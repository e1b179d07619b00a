// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/interrupt_lines.hpp"

#include <algorithm>

#include "host/text.hpp"
#include "wakepath/abi.h"

namespace wakepath::host {
namespace {

constexpr std::string_view kLineBlanks = " \t\r";

std::string_view without_blanks_before(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kLineBlanks), text.size()));
  return text;
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, std::min(text.find_first_of(kLineBlanks), text.size()));
}

bool is_alphabetic(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// "CPU12" -> 12
std::optional<std::uint32_t> cpu_of(std::string_view word) {
  constexpr std::string_view kCpu = "CPU";
  if (!word.starts_with(kCpu) || !all_digits(word.substr(kCpu.size()))) {
    return std::nullopt;
  }
  const auto cpu = whole_number<std::uint32_t>(word.substr(kCpu.size()));
  return cpu && *cpu < WP_MAX_CPUS ? cpu : std::nullopt;
}

// "2:", "2-", "2" of `grep -n` and `cat -n`: the row or the header stands behind it.
std::string_view without_line_number(std::string_view line) {
  std::size_t digits = 0;
  while (digits < line.size() && line[digits] >= '0' && line[digits] <= '9') {
    ++digits;
  }
  std::string_view rest = line.substr(digits);
  if (digits == 0 || rest.empty()) {
    return line;
  }
  constexpr std::string_view kMarks = ":-|.)";
  if (kMarks.find(rest.front()) != std::string_view::npos) {
    rest.remove_prefix(1);
  } else if (kLineBlanks.find(rest.front()) == std::string_view::npos) {
    return line;
  }
  rest = without_blanks_before(rest);
  const std::string_view word = first_word(rest);
  return word.ends_with(':') || cpu_of(word) ? rest : line;
}

}  // namespace

std::string_view without_line_prefix(std::string_view line) {
  line = without_blanks_before(line);
  const auto is_mark = [&] {
    constexpr std::string_view kQuotes = ">|";
    constexpr std::string_view kBullets = "#*+-$%";
    const bool apart = line.size() > 1 && kLineBlanks.find(line[1]) != std::string_view::npos;
    return !line.empty() && (kQuotes.find(line.front()) != std::string_view::npos ||
                             (apart && kBullets.find(line.front()) != std::string_view::npos));
  };
  while (is_mark()) {
    line = without_blanks_before(line.substr(1));
  }
  return without_line_number(line);
}

std::optional<CpuHeader> find_cpu_header(std::string_view line) {
  for (std::size_t at = line.find("CPU"); at != std::string_view::npos;
       at = line.find("CPU", at + 1)) {
    CpuHeader header;
    header.rest = line.substr(at);
    for (auto cpu = cpu_of(first_word(header.rest));
         cpu && (header.cpus.empty() || header.cpus.back() < *cpu);
         cpu = cpu_of(first_word(header.rest))) {
      header.cpus.push_back(*cpu);
      header.rest = without_blanks_before(header.rest.substr(first_word(header.rest).size()));
    }
    const std::string_view before = line.substr(0, at);
    const bool apart = before.empty() || !is_alphabetic(before.back());
    // Of text before it, "grep CPU0" is more likely than a header of one CPU.
    const std::size_t least = std::ranges::any_of(before, is_alphabetic) ? 2 : 1;
    if (apart && header.cpus.size() >= least && (header.rest.empty() || begins_row(header.rest))) {
      return header;
    }
  }
  return std::nullopt;
}

bool goes_on_as_header(const CpuHeader& header, std::string_view line, std::uint32_t last) {
  return header.cpus.front() > last && without_blanks_before(line).starts_with("CPU");
}

bool begins_row(std::string_view line) {
  constexpr std::size_t kLongestLabel = 32;
  line = without_blanks_before(line);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > kLongestLabel) {
    return false;
  }
  const std::string_view label = line.substr(0, colon);
  const bool word = std::ranges::all_of(label, [](char c) {
    return is_alphabetic(c) || (c >= '0' && c <= '9') || c == '_' || c == '/' || c == '-';
  });
  const std::string_view behind = line.substr(colon + 1);
  const std::string_view counts = without_blanks_before(behind);
  return word && (counts.empty() || (counts.front() >= '0' && counts.front() <= '9'));
}

bool is_prompt(std::string_view line) {
  line = line.substr(0, line.find_last_not_of(kLineBlanks) + 1);
  constexpr std::string_view kEnds = "#$%>`";
  if (line.empty() || kEnds.find(line.back()) != std::string_view::npos) {
    return true;
  }
  // With a command behind it.
  const std::size_t who = line.find('@');
  return who != std::string_view::npos && line.find_first_of("#$", who) != std::string_view::npos &&
         line.find_first_of(":~", who) != std::string_view::npos;
}

}  // namespace wakepath::host
