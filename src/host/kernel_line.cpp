// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/kernel_line.hpp"

#include <algorithm>

#include "host/read_file.hpp"
#include "host/text.hpp"
#include "wakepath/abi.h"

namespace wakepath::host {
namespace {

// "7", "N"
std::optional<std::uint32_t> cpu_number(std::string_view text, std::uint32_t possible) {
  if (text == "N") {
    return possible == 0 ? std::nullopt : std::optional(possible - 1);
  }
  const auto number = whole_number<std::uint32_t>(text);
  return number && *number < WP_MAX_CPUS ? number : std::nullopt;
}

// "2-15:1/2": the first of each 2.
bool add_region(std::string_view region, std::uint32_t possible, CpuSet& cpus) {
  if (region == "all") {
    region = "0-N";
  }
  std::string_view pattern = region;
  std::string_view range = next_piece(pattern, ':');
  const auto first = cpu_number(next_piece(range, '-'), possible);
  const auto last = range.empty() ? first : cpu_number(range, possible);
  std::uint32_t used = 1;
  std::uint32_t group = 1;
  if (!pattern.empty()) {
    const auto some = whole_number<std::uint32_t>(next_piece(pattern, '/'));
    const auto of = whole_number<std::uint32_t>(pattern);
    if (!some || !of || *of == 0 || *some > *of) {
      return false;
    }
    used = *some;
    group = *of;
  }
  if (!first || !last || *first > *last) {
    return false;
  }
  for (std::uint32_t cpu = *first; cpu <= *last; ++cpu) {
    if ((cpu - *first) % group < used) {
      cpus.add(cpu);
    }
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
  CpuSet cpus;
  while (!text.empty()) {
    const std::string_view region = next_piece(text, ',');
    if (!region.empty() && !add_region(region, possible, cpus)) {
      return std::nullopt;
    }
  }
  return cpus;
}

std::optional<IsolCpus> parse_isolcpus(std::string_view text, std::uint32_t possible) {
  IsolCpus isolated;
  while (!text.empty() && (text.front() < '0' || text.front() > '9')) {
    std::string_view rest = text;
    const std::string_view flag = next_piece(rest, ',');
    if (flag == "nohz") {
      isolated.nohz = true;
    } else if (flag == "domain") {
      isolated.domain = true;
    } else if (flag == "managed_irq") {
      isolated.managed_irq = true;
    } else {
      break;  // a list may begin with a letter too
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
