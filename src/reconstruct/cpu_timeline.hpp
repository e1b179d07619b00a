// SPDX-License-Identifier: GPL-2.0-or-later
// The recent past of one CPU, for sub-stages and blame: which holder had it since when.
//
//   |task A     |hardirq 13    |task A |idle, state 1   |hardirq 13 |idle |task B ...
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "reconstruct/holder_table.hpp"

namespace wakepath::reconstruct {

class CpuTimeline {
 public:
  struct Span {
    std::uint64_t begin_ns{};
    std::uint64_t end_ns{};
    Holder holder;
  };

  // From `time_ns` on `holder` has the CPU.
  void set(std::uint64_t time_ns, const Holder& holder);
  // Calls `visit(const Span&)` for the spans in [begin_ns, end_ns), cut to it, oldest first and
  // without gaps: time that is not known, or forgotten, is a span of its own. First it asks
  // `allows(changes)`, with the number of spans or a few more. Where that says no, it visits none,
  // and returns false.
  template <typename Allows, typename Visit>
  bool visit(std::uint64_t begin_ns, std::uint64_t end_ns, Allows allows, Visit visit) const;
  // The holder at `time_ns`.
  [[nodiscard]] Holder at(std::uint64_t time_ns) const;
  // The holder of now turns out to be `holder`.
  void relabel(const Holder& holder);

 private:
  // Changes are numbered from 0; [oldest_, set_) are remembered. One is its holder's id, and above
  // that the low bits of its time: those that are remembered lie within 52 days.
  static constexpr std::uint64_t kKept = 4096;  // a power of two
  static constexpr unsigned kIdBits = 12;       // so many changes have no more holders
  static constexpr std::uint64_t kIdMask = (std::uint64_t{1} << kIdBits) - 1;
  static constexpr std::uint64_t kReachNs = UINT64_MAX >> kIdBits;
  static_assert(kKept <= kIdMask + 1);

  [[nodiscard]] std::uint64_t& change(std::uint64_t number) {
    return ring_[number & (ring_.size() - 1)];
  }
  [[nodiscard]] std::uint64_t change(std::uint64_t number) const {
    return ring_[number & (ring_.size() - 1)];
  }
  [[nodiscard]] HolderTable::Id id(std::uint64_t number) const {
    return static_cast<HolderTable::Id>(change(number) & kIdMask);
  }
  [[nodiscard]] const Holder& holder(std::uint64_t number) const { return holders_[id(number)]; }
  [[nodiscard]] std::uint64_t at_ns(std::uint64_t number) const {
    return last_ns_ - ((last_ns_ - (change(number) >> kIdBits)) & kReachNs);
  }
  void forget_oldest();
  // The first change after `time_ns`; set_: there is none.
  [[nodiscard]] std::uint64_t first_after(std::uint64_t time_ns) const;

  std::vector<std::uint64_t> ring_;  // grows up to kKept, a power of two always
  std::uint64_t oldest_{0};
  std::uint64_t set_{0};
  std::uint64_t last_ns_{0};  // of the last change
  HolderTable holders_;
};

template <typename Allows, typename Visit>
bool CpuTimeline::visit(std::uint64_t begin_ns, std::uint64_t end_ns, Allows allows,
                        Visit visit) const {
  std::uint64_t next = first_after(begin_ns);
  if (!allows(first_after(end_ns) - next + 1)) {
    return false;
  }
  std::uint64_t at = begin_ns;
  Span span{0, 0, next == oldest_ ? Holder{} : holder(next - 1)};
  while (at < end_ns) {
    const std::uint64_t until = next == set_ ? end_ns : std::min(at_ns(next), end_ns);
    if (until > at) {
      span.begin_ns = at;
      span.end_ns = until;
      visit(std::as_const(span));
      at = until;
    }
    if (next != set_) {
      span.holder = holder(next++);
    }
  }
  return true;
}

}  // namespace wakepath::reconstruct
