// SPDX-License-Identifier: GPL-2.0-or-later
// When a CPU's state is to be forgotten, because events are missing from then on. A loss of which
// the CPU is not known is kept once, for all CPUs, however many there are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>

#include "order/event_sequencer.hpp"

namespace wakepath::reconstruct {

class ForgetTimes {
 public:
  void add(std::uint64_t at_ns) {
    times_.insert(at_ns);
    if (times_.size() > kKept) {
      forget_half();
    }
  }
  // The first after `seen_ns`; UINT64_MAX: there is none.
  [[nodiscard]] std::uint64_t first(std::uint64_t seen_ns) const {
    if (seen_ns < dropped_until_ns_) {
      return std::max(dropped_from_ns_, seen_ns);
    }
    const auto next = times_.upper_bound(seen_ns);
    return next == times_.end() ? UINT64_MAX : *next;
  }
  void drop_until(std::uint64_t ns) { times_.erase(times_.begin(), times_.upper_bound(ns)); }

 private:
  // Far more than a CPU of a real capture waits for at once. In a storm of losses what is dropped
  // counts as one loss.
  static constexpr std::size_t kKept = 512;

  void forget_half() {
    dropped_from_ns_ = std::min(dropped_from_ns_, *times_.begin());
    for (std::size_t i = 0; i < kKept / 2; ++i) {
      dropped_until_ns_ = std::max(dropped_until_ns_, *times_.begin());
      times_.erase(times_.begin());
    }
  }

  std::set<std::uint64_t> times_;
  std::uint64_t dropped_from_ns_{UINT64_MAX};
  std::uint64_t dropped_until_ns_{0};
};

// Of all CPUs, with what each of them has seen of it.
class LossTimes {
 public:
  struct Cpu {
    ForgetTimes own;
    std::uint64_t seen_ns{0};  // its last event
    std::uint64_t next_ns{UINT64_MAX};
    std::uint64_t version{0};  // for which next_ns is right
    std::uint64_t late{0};     // of LossTimes, seen so far
  };

  // `of`: null where the CPU is not known.
  void add(const order::LossInterval& loss, Cpu* of) {
    ++version_;
    // The last event before the loss may have its time for an end, and what it began may be over.
    for (const std::uint64_t at : {loss.begin_ns, loss.end_ns + 1}) {
      if (of == nullptr && at > newest_ns_) {
        all_.add(at);
      } else if (of == nullptr) {
        ++late_;
      } else if (at > of->seen_ns) {
        of->own.add(at);
      } else {
        of->late = late_ - 1;
      }
    }
  }
  // From when on the state before an event of `now_ns` is void; UINT64_MAX: it is not.
  [[nodiscard]] std::uint64_t take(Cpu& cpu, std::uint64_t now_ns) {
    newest_ns_ = std::max(newest_ns_, now_ns);
    if (cpu.version != version_) {
      look_ahead(cpu);
    }
    const std::uint64_t first = cpu.next_ns;
    cpu.seen_ns = std::max(cpu.seen_ns, now_ns);
    if (first > now_ns) {
      return UINT64_MAX;
    }
    // Whatever else was due by now changes nothing more.
    cpu.own.drop_until(now_ns);
    look_ahead(cpu);
    return first;
  }

 private:
  void look_ahead(Cpu& cpu) const {
    cpu.version = version_;
    if (cpu.late != late_) {
      cpu.late = late_;
      cpu.next_ns = cpu.seen_ns;
    } else {
      cpu.next_ns = std::min(cpu.own.first(cpu.seen_ns), all_.first(cpu.seen_ns));
    }
  }

  ForgetTimes all_;
  std::uint64_t newest_ns_{0};  // of all events
  std::uint64_t late_{0};       // losses that were told after younger events
  std::uint64_t version_{0};
};

}  // namespace wakepath::reconstruct
