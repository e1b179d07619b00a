// SPDX-License-Identifier: GPL-2.0-or-later
// The state in which a task left its CPU, as sched_switch of a Perfetto trace has it.
#pragma once

#include <cstdint>
#include <string_view>

#include "wakepath/abi_event.h"

namespace wakepath::exports::perfetto {

// trace_processor reads prev_state as the kernel writes it whose release the trace tells, and as
// that of 4.4 where it tells none (v58.2, src/trace_processor/types/task_state.cc).
class TaskStates {
 public:
  // `release`: of the kernel; empty: not known.
  explicit TaskStates(std::string_view release = {});

  // `exits`: the task has told its exit (sched_process_exit).
  [[nodiscard]] std::uint32_t reported(const wp_switch& change, bool exits) const;

 private:
  std::uint32_t parked_, idle_, preempted_;
};

}  // namespace wakepath::exports::perfetto
