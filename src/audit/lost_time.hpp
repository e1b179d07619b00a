// SPDX-License-Identifier: GPL-2.0-or-later
// Spans of time of which events are missing. Those that overlap are one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>

namespace wakepath::audit {

class LostTime {
 public:
  void add(std::uint64_t begin_ns, std::uint64_t end_ns) {
    if (end_ns < begin_ns) {
      return;  // what a damaged stream says may end before it begins
    }
    auto at = spans_.upper_bound(begin_ns);
    if (at != spans_.begin() && std::prev(at)->second >= begin_ns) {
      at = std::prev(at);
    }
    while (at != spans_.end() && at->first <= end_ns) {
      begin_ns = std::min(begin_ns, at->first);
      end_ns = std::max(end_ns, at->second);
      at = spans_.erase(at);
    }
    spans_.emplace_hint(at, begin_ns, end_ns);
    if (spans_.size() > kKept) {
      // In a storm of losses the time between two old ones is taken for lost too.
      const auto second = std::next(spans_.begin());
      spans_.begin()->second = second->second;
      spans_.erase(second);
    }
  }
  void drop_until(std::uint64_t ns) {
    while (!spans_.empty() && spans_.begin()->second <= ns) {
      spans_.erase(spans_.begin());
    }
  }
  // The first span that ends after `ns`, from there on; [UINT64_MAX, ..): there is none.
  struct Span {
    std::uint64_t begin_ns{UINT64_MAX};
    std::uint64_t end_ns{UINT64_MAX};
  };
  [[nodiscard]] Span after(std::uint64_t ns) const {
    auto at = spans_.upper_bound(ns);
    if (at != spans_.begin() && std::prev(at)->second > ns) {
      at = std::prev(at);
    }
    return at == spans_.end() ? Span{} : Span{std::max(at->first, ns), at->second};
  }

 private:
  static constexpr std::size_t kKept = 256;

  std::map<std::uint64_t, std::uint64_t> spans_;  // begin, end
};

// How much of [from_ns, to_ns) lies in one of the two.
inline std::uint64_t lost_in_either(const LostTime& one, const LostTime& other,
                                    std::uint64_t from_ns, std::uint64_t to_ns) {
  std::uint64_t lost_ns = 0;
  while (from_ns < to_ns) {
    const LostTime::Span a = one.after(from_ns);
    const LostTime::Span b = other.after(from_ns);
    const LostTime::Span& next = a.begin_ns <= b.begin_ns ? a : b;
    if (next.begin_ns >= to_ns) {
      break;
    }
    lost_ns += std::min(next.end_ns, to_ns) - next.begin_ns;
    from_ns = next.end_ns;
  }
  return lost_ns;
}

}  // namespace wakepath::audit
