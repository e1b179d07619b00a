// SPDX-License-Identifier: GPL-2.0-or-later
// From a cause and the wake that it led to: the stages, hops, path and root of a WakeChain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reconstruct/blame.hpp"
#include "reconstruct/cause.hpp"
#include "reconstruct/fact_store.hpp"
#include "reconstruct/sleep_log.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::reconstruct {

// A wake of a vCPU as its thread's events tell it. 0: has not happened, or was not seen. At least
// one of waking, sched_in and entry was seen.
struct VcpuWake {
  std::uint32_t tid{};
  std::string comm;
  std::uint64_t waking_ns{};
  std::uint32_t waking_cpu{};
  std::int32_t prio{kNoPrio};  // kernel priority, as it was woken
  CausePtr by;
  bool queued{false};  // its sched_wakeup was seen
  std::uint64_t sched_in_ns{};
  std::uint32_t sched_in_cpu{};
  std::uint64_t poll_end_ns{};  // kvm_vcpu_wakeup of a wake without sched_in
  std::uint32_t poll_end_cpu{};
  std::uint64_t entry_ns{};
  std::uint32_t entry_cpu{};
  std::uint64_t blocked_since_ns{};
  std::optional<std::uint64_t> polled_ns{};  // before it slept
  bool since_before_capture{false};          // nothing was known of the vCPU before this wake
  std::uint32_t signal{};                    // that woke it; 0: none
  std::uint64_t kicked_since_ns{};  // `by` was the first to end its poll since then; 0: not so
  std::optional<std::int64_t> guest_lateness_ns;
  std::optional<std::uint64_t> guest_woke_ns;
  std::vector<Mark> marks;
  SleepLog sleeps;  // on its way to its guest: it waits for something that is no CPU
  Flags flags;
  Flags flags_on_cpu;  // of the time after its sched_in: they mean nothing if it was in its guest
                       // already

  // It has its CPU, or never lost it.
  [[nodiscard]] bool on_cpu() const { return sched_in_ns != 0 || poll_end_ns != 0; }
};

struct BuiltChain {
  WakeChain chain;
  std::vector<StageBasis> bases;  // of each stage
  // A loss since then can have changed it, not only one since its begin.
  std::uint64_t rests_on_ns{};
};

// `entry_ns` decides whether the chain ends at kvm_entry.
BuiltChain build_chain(const VcpuWake& wake, const FactStore& facts);

// How the cause shows in hops, stages and paths ("arch_timer", "aio_poll_put_work", "vhost-812").
std::string irq_label(const Cause& cause, const FactStore& facts);

}  // namespace wakepath::reconstruct
