// SPDX-License-Identifier: GPL-2.0-or-later
// The words of the output contract for the API's enumerations.
#include <array>

#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath {

namespace {

template <typename Enum, std::size_t N>
std::string_view pick(const std::array<std::string_view, N>& names, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < N ? names[index] : "unknown";
}

}  // namespace

std::string_view name_of(StageKind kind) {
  static constexpr std::array<std::string_view, kStageKinds> names{
      "timer_latency", "irq_entry", "timer_callback", "softirq_delay", "softirq_run",
      "work_delay",    "work_run",  "task_delay",     "task_run",      "wake_delay",
      "deschedule",    "poll_exit", "vcpu_entry"};
  return pick(names, kind);
}

std::string_view name_of(RootKind kind) {
  static constexpr std::array<std::string_view, 8> names{
      "timer", "irq", "softirq", "ipi", "task", "guest_ipi", "signal", "unknown"};
  return pick(names, kind);
}

std::string_view name_of(HopKind kind) {
  static constexpr std::array<std::string_view, 7> names{"timer", "irq",  "softirq", "ipi",
                                                         "work",  "task", "vcpu"};
  return pick(names, kind);
}

std::string_view name_of(BlameKind kind) {
  static constexpr std::array<std::string_view, 8> names{
      "self", "task", "hardirq", "softirq", "idle_exit", "ipi", "unexplained", "limit"};
  return pick(names, kind);
}

std::string_view name_of(EndsAt where) {
  return where == EndsAt::kvm_entry ? "kvm_entry" : "sched_in";
}

std::string_view name_of(MarkKind kind) {
  static constexpr std::array<std::string_view, 13> names{
      "irq_exit",  "idle_exit",   "waking",     "wakeup",    "sched_in",  "migrated", "preempted",
      "injection", "vcpu_wakeup", "guest_exit", "user_exit", "sched_out", "idle"};
  return pick(names, kind);
}

std::string_view name_of(Flag flag) {
  static constexpr std::array<std::string_view, kFlags> names{
      "lossy",          "no_root",   "no_entry",  "cut",       "reblocked",
      "migrated",       "early",     "halt_poll", "preempted", "restarted_timer",
      "missed_program", "no_expiry", "untimed"};
  return pick(names, flag);
}

std::string_view name_of(QuietVcpu::Why why) {
  static constexpr std::array<std::string_view, 6> names{
      "never_blocks", "always_polls", "outside", "asleep", "not_seen", "not_judged"};
  return pick(names, why);
}

std::string_view name_of(VerdictResult::Outcome outcome) {
  static constexpr std::array<std::string_view, 3> names{"passed", "failed", "not_judged"};
  return pick(names, outcome);
}

std::string_view name_of(Partial partial) {
  static constexpr std::array<std::string_view, 3> names{"no", "interrupted", "truncated"};
  return pick(names, partial);
}

}  // namespace wakepath
