// SPDX-License-Identifier: GPL-2.0-or-later
// The holders that a timeline names, each once, for as long as it is used. There are few of them,
// and many changes between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "util/seeded_hash.hpp"
#include "wakepath/abi.h"

namespace wakepath::reconstruct {

// The holder of a CPU: its current task, or the interrupt that lies over it.
struct Holder {
  enum class Kind : std::uint8_t { unknown, task, idle, hardirq, ipi, softirq };

  Kind kind{Kind::unknown};
  bool idle_below{false};    // the current task is the idle task, whatever lies over it
  bool leaving_idle{false};  // idle: cpu_idle said so
  std::uint32_t tid{};       // task
  std::int32_t prio{};       // task; kernel priority, kNoPrio: not known
  std::uint32_t number{};    // hardirq: irq; ipi: enum wp_ipi_reason; softirq: vector; idle: state
  std::uint64_t action{};    // hardirq: address of the irqaction, 0: none (x86's timer vector)
  std::uint64_t hrtimer{};   // hardirq, softirq: whose callback runs; 0: none
  std::uint64_t function{};  // of that callback

  bool operator==(const Holder&) const = default;
};

inline constexpr std::int32_t kNoPrio = WP_PRIO_UNKNOWN;
inline constexpr std::uint32_t kNoIdleState = UINT32_MAX;

std::size_t hash_of(const Holder& holder, const SeededHash& hash);

class HolderTable {
 public:
  using Id = std::uint16_t;

  // One more use of `holder`. Ids are below the most holders that were ever in use at once.
  Id take(const Holder& holder);
  void release(Id id);
  [[nodiscard]] const Holder& operator[](Id id) const { return entries_[id].holder; }

 private:
  static constexpr Id kNone = UINT16_MAX;
  struct Entry {
    Holder holder;
    std::uint32_t uses{};
    Id next{kNone};  // of the same home, or of those that are free
  };

  [[nodiscard]] std::size_t home_of(const Holder& holder) const;
  Id add(const Holder& holder);
  void grow();

  SeededHash hash_;
  std::vector<Entry> entries_;
  std::vector<Id> homes_;  // a power of two, not fewer than entries
  Id free_{kNone};
};

}  // namespace wakepath::reconstruct
