// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/cpu_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "util/escape.hpp"
#include "wakepath/abi.h"

namespace wakepath {
namespace {

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::result_out_of_range) {
    return WP_MAX_CPUS;
  }
  if (error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

Result<CpuSet> CpuSet::parse(std::string_view text) {
  const auto unreadable = [text](std::string_view why) {
    return fail(ErrorKind::usage,
                fmt::format("'{}' is no CPU list: {} (0-3,8)", escape_terminal(text), why));
  };
  CpuSet set;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view item = rest.substr(0, comma);
    if (comma != std::string_view::npos && comma + 1 == rest.size()) {
      return unreadable("it ends with a comma");
    }
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);

    const std::size_t dash = item.find('-');
    const auto first = number(item.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number(item.substr(dash + 1));
    if (!first || !last) {
      return unreadable("numbers and ranges, with commas between");
    }
    if (*first > *last) {
      return unreadable("a range runs backwards");
    }
    if (*last >= WP_MAX_CPUS) {
      return unreadable(fmt::format("CPUs from {} on are not supported", WP_MAX_CPUS));
    }
    for (std::uint32_t cpu = *first; cpu <= *last; ++cpu) {
      set.add(cpu);
    }
  }
  return set;
}

void CpuSet::add(std::uint32_t cpu) {
  if (cpu >= cpus_.size()) {
    cpus_.resize(cpu + std::size_t{1});
  }
  cpus_[cpu] = true;
}

void CpuSet::remove(std::uint32_t cpu) {
  if (cpu < cpus_.size()) {
    cpus_[cpu] = false;
  }
}

bool CpuSet::contains(std::uint32_t cpu) const { return cpu < cpus_.size() && cpus_[cpu]; }

bool CpuSet::empty() const {
  return std::none_of(cpus_.begin(), cpus_.end(), [](bool present) { return present; });
}

std::size_t CpuSet::size() const {
  return static_cast<std::size_t>(std::count(cpus_.begin(), cpus_.end(), true));
}

std::vector<std::uint32_t> CpuSet::list() const {
  std::vector<std::uint32_t> out;
  for (std::size_t cpu = 0; cpu < cpus_.size(); ++cpu) {
    if (cpus_[cpu]) {
      out.push_back(static_cast<std::uint32_t>(cpu));
    }
  }
  return out;
}

std::string CpuSet::text() const {
  std::string out;
  for (std::size_t first = 0; first < cpus_.size(); ++first) {
    if (!cpus_[first]) {
      continue;
    }
    std::size_t last = first;
    while (last + 1 < cpus_.size() && cpus_[last + 1]) {
      ++last;
    }
    fmt::format_to(std::back_inserter(out), "{}{}", out.empty() ? "" : ",", first);
    if (last > first) {
      fmt::format_to(std::back_inserter(out), "-{}", last);
    }
    first = last;
  }
  return out;
}

CpuSet united(const CpuSet& a, const CpuSet& b) {
  CpuSet all = a;
  for (const std::uint32_t cpu : b.list()) {
    all.add(cpu);
  }
  return all;
}

CpuSet common(const CpuSet& a, const CpuSet& b) { return without(a, without(a, b)); }

CpuSet without(const CpuSet& from, const CpuSet& what) {
  CpuSet left = from;
  for (const std::uint32_t cpu : what.list()) {
    left.remove(cpu);
  }
  return left;
}

namespace {

// Where the set goes on to the last CPU in groups of `group`, the first CPU of the first group.
// `group` 1: without a gap.
std::uint32_t begin_of_tail(const CpuSet& cpus, std::uint32_t group) {
  std::uint32_t first = WP_MAX_CPUS - group;
  while (first > 0 && cpus.contains(first - 1) == cpus.contains(first - 1 + group)) {
    --first;
  }
  while (first < WP_MAX_CPUS && !cpus.contains(first)) {
    ++first;
  }
  return first;
}

std::uint32_t used_of(const CpuSet& cpus, std::uint32_t first, std::uint32_t group) {
  std::uint32_t used = 0;
  while (used < group && cpus.contains(first + used)) {
    ++used;
  }
  return used;
}

// A tail in groups that have more than one run of CPUs is none that one "used/group" tells.
bool is_tail(const CpuSet& cpus, std::uint32_t first, std::uint32_t group) {
  const std::uint32_t used = used_of(cpus, first, group);
  for (std::uint32_t cpu = first; cpu < WP_MAX_CPUS; ++cpu) {
    if (cpus.contains(cpu) != ((cpu - first) % group < used)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string kernel_list(const CpuSet& cpus) {
  constexpr std::uint32_t kWidestGroup = 128;
  constexpr std::uint32_t kFewGroups = 4;
  const std::vector<std::uint32_t> list = cpus.list();
  if (list.empty() || list.back() + kWidestGroup < WP_MAX_CPUS) {
    return cpus.text();
  }
  for (std::uint32_t group = 1; group <= kWidestGroup; ++group) {
    const std::uint32_t first = begin_of_tail(cpus, group);
    if (first >= WP_MAX_CPUS || (WP_MAX_CPUS - first) / group < kFewGroups ||
        !is_tail(cpus, first, group)) {
      continue;
    }
    CpuSet before = cpus;
    for (std::uint32_t cpu = first; cpu < WP_MAX_CPUS; ++cpu) {
      before.remove(cpu);
    }
    const std::uint32_t used = used_of(cpus, first, group);
    return fmt::format("{}{}{}-N{}", before.text(), before.empty() ? "" : ",", first,
                       used == group ? "" : fmt::format(":{}/{}", used, group));
  }
  if (list.back() + 1 != WP_MAX_CPUS) {
    return cpus.text();
  }
  CpuSet before = cpus;
  before.remove(list.back());
  return before.text() + (before.empty() ? "N" : ",N");
}

std::string cpu_mask(const CpuSet& cpus) {
  constexpr std::uint32_t kWord = 32;
  std::vector<std::uint32_t> words(1);
  for (const std::uint32_t cpu : cpus.list()) {
    words.resize(std::max<std::size_t>(words.size(), cpu / kWord + 1));
    words[cpu / kWord] |= 1U << cpu % kWord;
  }
  std::string text = fmt::format("{:x}", words.back());
  for (auto word = std::next(words.rbegin()); word != words.rend(); ++word) {
    fmt::format_to(std::back_inserter(text), ",{:08x}", *word);
  }
  return text;
}

}  // namespace wakepath
