// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/vcpu_habit.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace wakepath::doctor {

namespace {

constexpr double kNsPerSecond = 1e9;

// Counters only grow; a thread that was replaced by another of its number starts anew.
std::uint64_t grown(std::uint64_t before, std::uint64_t after) {
  return after > before ? after - before : 0;
}

std::string percent(double share) { return fmt::format("{:.0f}%", std::min(share, 1.0) * 100); }

constexpr const char* kTurnPollingOff =
    "echo 0 >/sys/module/kvm/parameters/halt_poll_ns (some kernels then want the VM started anew)";

}  // namespace

VcpuHabit habit_of(const VcpuSample& sample) {
  using enum VcpuHabit::Kind;
  const double seconds = static_cast<double>(sample.elapsed_ns) / kNsPerSecond;
  if (seconds <= 0) {
    return {idle, "not sampled", ""};
  }
  const auto share = [&](std::uint64_t before, std::uint64_t after) {
    return static_cast<double>(grown(before, after)) /
           static_cast<double>(sample.ticks_per_second) / seconds;
  };
  const auto& [before, after] = std::tie(sample.before, sample.after);
  const double guest = share(before.guest_ticks, after.guest_ticks);
  const double system = share(before.system_ticks, after.system_ticks);
  const double user = share(before.user_ticks, after.user_ticks);
  const double ran =
      before.run_ns && after.run_ns
          ? static_cast<double>(grown(*before.run_ns, *after.run_ns)) / kNsPerSecond / seconds
          : guest + system + user;
  const double waited =
      before.wait_ns && after.wait_ns
          ? static_cast<double>(grown(*before.wait_ns, *after.wait_ns)) / kNsPerSecond / seconds
          : 0;
  // A report to its VMM or a page may make it sleep now and then, for no time to speak of.
  constexpr double kAlwaysAwake = 0.95;
  constexpr double kSeldom = 5;
  const auto blocked = static_cast<double>(grown(before.blocked, after.blocked)) / seconds;
  const bool hardly = ran + waited > kAlwaysAwake && blocked < kSeldom;
  if (blocked > 0 && !hardly) {
    return {blocks, fmt::format("blocks {:.0f} times/s", blocked), ""};
  }
  constexpr double kNearlyNothing = 0.01;
  if (ran < kNearlyNothing) {
    return {idle, "asleep: it did not run in this second", ""};
  }
  const std::string times = fmt::format("{} blocked: ran {} (guest {}, kernel {}, VMM {})",
                                        blocked > 0 ? "hardly ever" : "never", percent(ran),
                                        percent(guest), percent(system), percent(user));
  if (user > guest && user > system) {
    return {in_vmm, times + ": its VMM keeps it", ""};
  }
  if (system > guest) {
    const bool polls = !sample.polls || *sample.polls != 0;
    return {in_kernel,
            times + (polls ? ": halt polling meets its wakes" : ": exits that the kernel handles") +
                (sample.polls ? fmt::format(" ({:.0f} polls/s met a wake on this host)",
                                            static_cast<double>(*sample.polls) / seconds)
                              : ""),
            polls ? kTurnPollingOff : ""};
  }
  return {in_guest, times + ": no wakes to see",
          sample.arm64
              ? "the guest is busy, or its WFI does not trap: see kvm-arm.wfi_trap_policy in "
                "/proc/cmdline (Linux 6.12), or GICv4 (dmesg | grep -i GICv4)"
              : "the guest is busy, or its HLT does not exit (QEMU -overcommit cpu-pm=on), or it "
                "polls by itself (cpuidle-haltpoll, idle=poll)"};
}

}  // namespace wakepath::doctor
