// SPDX-License-Identifier: GPL-2.0-or-later
// The state in which a task left its CPU, as sched_switch's text has it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wakepath::foreign::text {

struct TaskState {
  std::uint32_t bits{};  // include/linux/sched.h, as wp_switch has them; 0: runnable
  bool preempted{};      // "R+"
};

// "S", "D|K", "R+"; nullopt: no kernel writes that. 4.14 prints TASK_IDLE as "t".
std::optional<TaskState> parse_task_state(std::string_view text);

}  // namespace wakepath::foreign::text
