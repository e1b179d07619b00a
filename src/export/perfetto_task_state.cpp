// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/perfetto_task_state.hpp"

#include <bit>
#include <charconv>
#include <utility>

namespace wakepath::exports::perfetto {

namespace {

// include/linux/sched.h of Linux 6.18.
constexpr std::uint32_t kTaskUninterruptible = 0x2;
constexpr std::uint32_t kExitDead = 0x10;
constexpr std::uint32_t kTaskParked = 0x40;
constexpr std::uint32_t kTaskDead = 0x80;
constexpr std::uint32_t kTaskRtlockWait = 0x1000;
constexpr std::uint32_t kTaskFrozen = 0x8000;
constexpr std::uint32_t kTaskIdle = 0x402;   // TASK_UNINTERRUPTIBLE | TASK_NOLOAD
constexpr std::uint32_t kTaskReport = 0x7f;  // up to TASK_PARKED
constexpr std::uint32_t kReportIdle = 0x80;  // TASK_REPORT_IDLE, and
constexpr std::uint32_t kReportMax = 0x100;  // TASK_REPORT_MAX, since 4.14
constexpr std::uint32_t kParkedOf4_4 = 0x200;
constexpr std::uint32_t kStateMaxOf4_4 = 0x800;   // TASK_STATE_MAX
constexpr std::uint32_t kStateMaxOf4_8 = 0x1000;  // TASK_NEW came before it

// "6.1.0-56-cloud-arm64" -> {6, 1}; {0, 0}: trace_processor knows none by it (v58.2,
// src/trace_processor/importers/common/system_info_tracker.cc).
std::pair<unsigned, unsigned> version_of(std::string_view release) {
  unsigned major = 0;
  unsigned minor = 0;
  const char* const end = release.data() + release.size();
  const auto first = std::from_chars(release.data(), end, major);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') {
    return {};
  }
  const auto second = std::from_chars(first.ptr + 1, end, minor);
  if (second.ec != std::errc() || (second.ptr != end && *second.ptr != '.')) {
    return {};
  }
  return {major, minor};
}

}  // namespace

TaskStates::TaskStates(std::string_view release)
    : parked_(kParkedOf4_4), idle_(kTaskIdle), preempted_(kStateMaxOf4_4) {
  const auto version = version_of(release);
  if (version >= std::pair(4U, 14U)) {
    parked_ = kTaskParked;
    idle_ = kReportIdle;
    preempted_ = kReportMax;
  } else if (version >= std::pair(4U, 8U)) {
    preempted_ = kStateMaxOf4_8;
  }
}

// As __trace_sched_switch_state() of include/trace/events/sched.h and __task_state_index() of
// include/linux/sched.h do it in Linux 6.18. They also look at the exit state, which no record
// has: of a task that is dead it may be EXIT_ZOMBIE too.
std::uint32_t TaskStates::reported(const wp_switch& change, bool exits) const {
  if (change.preempt != 0) {
    return preempted_;
  }
  const std::uint32_t state = change.prev_state;
  if ((state & (kTaskRtlockWait | kTaskFrozen)) != 0) {
    return kTaskUninterruptible;
  }
  if ((state & kTaskIdle) == kTaskIdle) {
    return idle_;
  }
  if ((state & kTaskDead) != 0) {
    // Older captures through tracefs left TASK_REPORT_IDLE as they found it.
    const bool is_idle =
        state == kReportIdle && !exits && (change.prev_flags & WP_TASK_KTHREAD) != 0;
    return is_idle ? idle_ : kExitDead;
  }
  const std::uint32_t reported = std::bit_floor(state & kTaskReport);
  return reported == kTaskParked ? parked_ : reported;
}

}  // namespace wakepath::exports::perfetto
