// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/kernel_line.hpp"

#include <algorithm>

#include "host/read_file.hpp"
#include "host/text.hpp"
#include "wakepath/abi.h"

namespace wakepath::host {
namespace {

bool is_decimal(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
// Lists in quotes may have blanks in them.
bool is_gap(char c) { return c == ',' || c == ' ' || (c >= '\t' && c <= '\r'); }

bool take(std::string_view& rest, char expected) {
  const bool there = rest.starts_with(expected);
  rest.remove_prefix(there ? 1 : 0);
  return there;
}

// "7", "N": the last of `possible`. nullopt: no number, or too large.
std::optional<std::uint32_t> take_cpu(std::string_view& rest, std::uint32_t possible) {
  if (take(rest, 'N')) {
    return possible - 1;
  }
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_decimal);
  const auto digits = static_cast<std::size_t>(end - rest.begin());
  const auto number = whole_number<std::uint32_t>(rest.substr(0, digits));
  rest.remove_prefix(digits);
  return number && *number < WP_MAX_CPUS ? number : std::nullopt;
}

bool take_all(std::string_view& rest) {
  constexpr std::string_view kAll = "all";
  const bool all = rest.size() >= kAll.size() &&
                   std::equal(kAll.begin(), kAll.end(), rest.begin(),
                              [](char letter, char given) { return letter == (given | 0x20); });
  rest.remove_prefix(all ? kAll.size() : 0);
  return all;
}

// "2-15:1/2": the first of each 2.
struct Region {
  std::uint32_t first{}, last{}, used{1}, group{1};
};

std::optional<Region> parse_region(std::string_view text, std::uint32_t possible) {
  Region region;
  if (take_all(text)) {
    region.last = possible - 1;
  } else {
    const auto first = take_cpu(text, possible);
    const bool range = first && take(text, '-');
    const auto last = range ? take_cpu(text, possible) : first;
    if (!first || !last || *first > *last || (!range && !text.empty())) {
      return std::nullopt;
    }
    region.first = *first;
    region.last = *last;
  }
  if (take(text, ':')) {
    const auto used = take_cpu(text, possible);
    const auto group = used && take(text, '/') ? take_cpu(text, possible) : std::nullopt;
    if (!used || !group || *group == 0 || *used > *group) {
      return std::nullopt;
    }
    region.used = *used;
    region.group = *group;
  }
  return text.empty() ? std::optional(region) : std::nullopt;
}

std::string_view next_region(std::string_view& text) {
  while (!text.empty() && is_gap(text.front())) {
    text.remove_prefix(1);
  }
  const auto end = std::find_if(text.begin(), text.end(), is_gap);
  const std::string_view region = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(region.size());
  return region;
}

// What it is that isolcpus= has before its list. false: no such word.
bool take_flag(std::string_view flag, IsolCpus& isolated) {
  if (flag == "nohz") {
    isolated.nohz = true;
  } else if (flag == "domain") {
    isolated.domain = true;
  } else if (flag == "managed_irq") {
    isolated.managed_irq = true;
  } else {
    // The kernel passes over words that it does not know.
    return std::ranges::all_of(flag, [](char c) { return is_letter(c) || c == '_'; });
  }
  return true;
}

}  // namespace

std::map<std::string, std::string> parse_kernel_line(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::map<std::string, std::string> options;
  while (!line.empty()) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    std::string word;
    bool quoted = false;
    while (!line.empty() && (quoted || kBlanks.find(line.front()) == std::string_view::npos)) {
      quoted = quoted != (line.front() == '"');
      if (line.front() != '"') {
        word += line.front();
      }
      line.remove_prefix(1);
    }
    if (word == "--") {
      break;  // the rest is for init
    }
    const std::size_t equals = std::min(word.find('='), word.size());
    if (equals != 0) {
      options[word.substr(0, equals)] = word.substr(std::min(equals + 1, word.size()));
    }
  }
  return options;
}

std::optional<CpuSet> parse_kernel_cpus(std::string_view text, std::uint32_t possible) {
  const std::uint32_t bound = possible == 0 ? WP_MAX_CPUS : possible;
  CpuSet cpus;
  while (true) {
    const std::string_view piece = next_region(text);
    if (piece.empty()) {
      return cpus;
    }
    const auto region = parse_region(piece, bound);
    if (!region) {
      return std::nullopt;
    }
    for (std::uint32_t cpu = region->first; cpu <= std::min(region->last, bound - 1); ++cpu) {
      if ((cpu - region->first) % region->group < region->used) {
        cpus.add(cpu);
      }
    }
  }
}

std::optional<IsolCpus> parse_isolcpus(std::string_view text, std::uint32_t possible) {
  IsolCpus isolated;
  while (!text.empty() && is_letter(text.front())) {
    std::string_view rest = text;
    const std::string_view flag = next_piece(rest, ',');
    std::string_view list = flag;
    if (flag == "N" || take_all(list)) {
      break;  // a list may begin with a letter too
    }
    if (!take_flag(flag, isolated)) {
      return std::nullopt;
    }
    text = rest;
  }
  isolated.domain = isolated.domain || (!isolated.nohz && !isolated.managed_irq);
  auto cpus = parse_kernel_cpus(text, possible);
  if (!cpus) {
    return std::nullopt;
  }
  isolated.cpus = std::move(*cpus);
  return isolated;
}

std::optional<std::uint32_t> highest_named(std::string_view text) {
  std::optional<std::uint32_t> highest;
  for (std::string_view piece = next_region(text); !piece.empty(); piece = next_region(text)) {
    std::string_view range = next_piece(piece, ':');
    while (!range.empty()) {
      const auto number = whole_number<std::uint32_t>(next_piece(range, '-'));
      if (number && *number < WP_MAX_CPUS) {
        highest = std::max(highest.value_or(0), *number);
      }
    }
  }
  return highest;
}

std::optional<CpuSet> parse_cpu_mask(std::string_view mask) {
  constexpr std::string_view kHex = "0123456789abcdef";
  CpuSet cpus;
  std::uint32_t cpu = 0;
  for (auto digit = mask.rbegin(); digit != mask.rend(); ++digit) {
    if (*digit == ',') {
      continue;
    }
    const std::size_t value = kHex.find(*digit);
    if (value == std::string_view::npos || (value != 0 && cpu >= WP_MAX_CPUS)) {
      return std::nullopt;
    }
    for (std::uint32_t bit = 0; bit < 4; ++bit) {
      if ((value >> bit & 1U) != 0) {
        cpus.add(cpu + bit);
      }
    }
    cpu = std::min(cpu + 4, std::uint32_t{WP_MAX_CPUS});
  }
  return mask.empty() ? std::nullopt : std::optional(std::move(cpus));
}

}  // namespace wakepath::host
