// SPDX-License-Identifier: GPL-2.0-or-later
// The sleeps of a vCPU's thread outside its guest, as its switches and wakings tell them.
//
//   switched out, asleep ---------- sched_waking: could run --- switched in
//   switched out, runnable -------- switched in: it waited for its turn
//   switched out, runnable -------- sched_waking: it has slept all the same --- switched in
//
// No thread is woken that is runnable (ttwu_state_match() in kernel/sched/core.c), but for one that
// was preempted on its way to sleep. ftrace calls a frozen thread runnable since 6.1: TASK_FROZEN
// is not in TASK_REPORT. "sched: Report frozen tasks as uninterruptible" (December 2024, also in
// stable kernels) has made an uninterruptible sleep of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "reconstruct/cause.hpp"
#include "reconstruct/loss_log.hpp"
#include "wakepath/event.hpp"

namespace wakepath::reconstruct {

class SleepLog {
 public:
  // The thread leaves its CPU.
  void left(std::uint64_t now_ns, const wp_switch& change);
  // It is woken. The begin of a sleep that nothing told before; nullopt: there is no such sleep.
  std::optional<std::uint64_t> woken(std::uint64_t now_ns, const LossLog& losses);
  // It has a CPU again.
  void back(std::uint64_t now_ns);
  void clear();

  [[nodiscard]] const std::vector<SleepSpan>& spans() const { return spans_; }

 private:
  // One that never enters its guest may sleep any number of times.
  static constexpr std::size_t kMaxSpans = 64;

  [[nodiscard]] bool sleeps() const { return !spans_.empty() && spans_.back().end_ns == 0; }

  std::vector<SleepSpan> spans_;
  std::uint64_t left_ns_{0};  // when it went, by itself, as if it could run; 0: it did not
  bool woken_on_cpu_{false};  // before it had left its CPU: it does not sleep then
};

}  // namespace wakepath::reconstruct
