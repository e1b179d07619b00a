// SPDX-License-Identifier: GPL-2.0-or-later
// A wake as a function_graph trace shows it: its steps, each with the functions that the trace
// names for it and the duration that it prints. Plain data. Names are from outside: escape them
// before they are shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wakepath {

enum class OutlineKind : std::uint8_t {
  interrupt,       // of the kernel's entry code
  handler,         // of the device
  timer_callback,  // of an hrtimer
  softirq,         // all that ran in one go
  work_queued,
  woken,         // `who`
  idle,          // the CPU sleeps
  idle_end,      // duration: of the sleep
  idle_exit,     // what is done before the CPU is of use
  scheduling,    // on the way to the switch that follows
  switched,      // `who` is next
  back,          // what was under way at a switch ends; duration: with the time off the CPU
  work,          // a kworker takes an item
  work_run,      // its function
  vcpu_loaded,   // the vCPU's state
  blocks,        // the vCPU waits
  blocks_end,    // duration: of the wait
  unblocked,     // what is undone after it
  flushed,       // state made ready for the guest
  injected,      // an interrupt made pending for the guest
  line_set,      // the timer's interrupt line, and no interrupt comes of it
  guest_entry,   // the last thing before the guest
  guest_run,     // the guest; no duration where its entry code can't be traced
  guest_exit,    // the first thing after it
  exit_handled,  // why it left, and what is done for it
  to_user,       // KVM_RUN ends
};

struct OutlineStep {
  OutlineKind kind{};
  std::uint64_t line{};  // of the trace
  std::uint32_t cpu{};
  std::uint32_t level{};               // steps around it
  std::string task;                    // that runs, or is interrupted; empty: not known
  std::optional<std::uint32_t> tid;    // of it
  std::vector<std::string> functions;  // from the caller to the one that the step is about
  std::string who;                     // task; empty: not known
  std::optional<std::uint32_t> who_tid;
  std::optional<std::uint64_t> at_ns;  // absent: the trace has no times
  std::optional<std::uint64_t> duration_ns;
};

struct OutlineWake {
  std::string vcpu;                  // its thread; empty: not known
  std::optional<std::uint32_t> tid;  // of it
  bool cause_seen{false};            // its waking was seen
  bool whole{false};                 // down to its next sleep
  std::uint64_t left_out{};          // steps that were too many
  std::vector<OutlineStep> steps;
};

}  // namespace wakepath
