// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/vcpu_habit.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "findings/advice.hpp"
#include "findings/finding_list.hpp"

namespace wakepath::doctor {

namespace {

constexpr double kNsPerSecond = 1e9;

// Counters only grow, but another thread that took the number starts from 0.
std::uint64_t grown(std::uint64_t before, std::uint64_t after) {
  return after > before ? after - before : 0;
}

std::uint64_t ns_of(double share, std::uint64_t elapsed_ns) {
  return static_cast<std::uint64_t>(share * static_cast<double>(elapsed_ns));
}

std::string percent(double share) { return fmt::format("{:.0f}%", std::min(share, 1.0) * 100); }

std::string in_kernel_text(std::optional<std::uint64_t> polls, double seconds) {
  if (!polls) {
    return ": halt polling, or exits that the kernel handles: which is not known";
  }
  return fmt::format(
      "{} ({:.0f} polls/s met a wake on this host)",
      *polls != 0 ? ": halt polling meets its wakes" : ": exits that the kernel handles",
      static_cast<double>(*polls) / seconds);
}

std::vector<Fix> in_kernel_fixes(std::optional<std::uint64_t> polls) {
  if (!polls) {
    return {findings::no_command(
        "run doctor as root, with debugfs mounted: kvm/halt_successful_poll in it tells which")};
  }
  return {*polls != 0 ? findings::halt_polling(0)
                      : findings::no_command("its guest causes the exits: perf kvm stat counts "
                                             "them by reason")};
}

}  // namespace

VcpuHabit habit_of(const VcpuSample& sample) {
  using enum VcpuHabit::Kind;
  const double seconds = static_cast<double>(sample.elapsed_ns) / kNsPerSecond;
  if (sample.elapsed_ns < kLeastSampleNs) {
    return {not_judged, fmt::format("not judged: seen for {:.0f} ms, and {} are needed",
                                    seconds * 1e3, kLeastSampleNs / 1'000'000)};
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
  // A report to its VMM, or a page fault, may make it sleep now and then for a very short time.
  constexpr double kAlwaysAwake = 0.95;
  constexpr double kSeldom = 5;
  const auto blocked = static_cast<double>(grown(before.blocked, after.blocked)) / seconds;
  const bool hardly = ran + waited > kAlwaysAwake && blocked < kSeldom;
  if (blocked > 0 && !hardly) {
    return {blocks, fmt::format("blocks {:.0f} times/s", blocked)};
  }
  constexpr double kNearlyNothing = 0.01;
  if (ran < kNearlyNothing) {
    return {idle, "asleep: it did not run in this second"};
  }
  const std::vector<Figure> evidence = {{"observed_ns", sample.elapsed_ns},
                                        {"ran_ns", ns_of(ran, sample.elapsed_ns)},
                                        {"guest_ns", ns_of(guest, sample.elapsed_ns)},
                                        {"kernel_ns", ns_of(system, sample.elapsed_ns)},
                                        {"vmm_ns", ns_of(user, sample.elapsed_ns)},
                                        {"waited_ns", ns_of(waited, sample.elapsed_ns)},
                                        {"blocked", grown(before.blocked, after.blocked)},
                                        {"host_polls", findings::known_or_null(sample.polls)}};
  const std::string times = fmt::format("{} blocked: ran {} (guest {}, kernel {}, VMM {})",
                                        blocked > 0 ? "hardly ever" : "never", percent(ran),
                                        percent(guest), percent(system), percent(user));
  if (user > guest && user > system) {
    return {in_vmm,
            times + ": its VMM keeps it",
            "never_blocks",
            {findings::no_command("its VMM polls or works there: that is the VMM's to configure")},
            Confidence::high,
            evidence};
  }
  if (system > guest) {
    return {in_kernel, times + in_kernel_text(sample.polls, seconds),
            sample.polls.value_or(0) != 0 ? "always_polls" : "never_blocks",
            in_kernel_fixes(sample.polls),
            // The count is of all VMs.
            sample.polls == 0 ? Confidence::high : Confidence::medium, evidence};
  }
  return {in_guest,         times + ": no wakes to see",
          "never_blocks",   {findings::guest_never_blocks(sample.arm64)},
          Confidence::high, evidence};
}

}  // namespace wakepath::doctor
