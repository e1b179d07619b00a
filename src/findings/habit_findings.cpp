// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/habit_findings.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "findings/finding_list.hpp"
#include "util/cpu_set.hpp"
#include "util/duration.hpp"

namespace wakepath::findings {

namespace {

// Both: now and then it does no harm.
bool is_habit(std::uint64_t times, std::uint64_t wakes) {
  constexpr std::uint64_t kLeastTimes = 20;
  constexpr std::uint64_t kOneIn = 4;
  return times >= kLeastTimes && times * kOneIn >= wakes;
}

std::string vcpu_name(const VcpuIdentity& who) {
  return (who.vm == "?" ? "unknown VM" : who.vm) +
         (who.vcpu ? fmt::format(" vCPU {}", *who.vcpu) : fmt::format(" thread {}", who.tid));
}

Finding finding_of(const VcpuHabit& habit, const char* rule, std::uint64_t times) {
  CpuSet cpus;
  for (const std::uint32_t cpu : habit.cpus) {
    cpus.add(cpu);
  }
  const VcpuIdentity& who = habit.who;
  Finding finding;
  finding.rule = rule;
  finding.severity = Severity::warning;
  finding.confidence = Confidence::high;
  finding.subject.vm = who.vm == "?" ? std::string() : who.vm;
  finding.subject.vm_pid = who.vm_pid;
  finding.subject.vcpu = who.vcpu;
  finding.subject.cpus = cpus.text();
  finding.subject.tid = who.tid;
  finding.effect.wakes = times;
  return finding;
}

Finding moves(const VcpuHabit& habit) {
  Finding finding = finding_of(habit, "moves", habit.moved);
  finding.text = fmt::format("{} moved to another CPU in {} of {} wakes, among CPUs {}",
                             vcpu_name(habit.who), habit.moved, habit.wakes, finding.subject.cpus);
  if (habit.moved_p50_ns && habit.other_p50_ns) {
    finding.text +=
        fmt::format(" (their p50 is {}, that of the others {})",
                    format_duration(*habit.moved_p50_ns), format_duration(*habit.other_p50_ns));
  }
  finding.evidence = {{"moved", habit.moved},
                      {"wakes", habit.wakes},
                      {"moved_p50_ns", known_or_null(habit.moved_p50_ns)},
                      {"other_p50_ns", known_or_null(habit.other_p50_ns)}};
  finding.fixes = {{fmt::format("taskset -cp {}", habit.who.tid),
                    {},
                    "where it may run: pin it to one CPU (virsh vcpupin, or taskset -cp CPU "
                    "THREAD), and look for what moves it",
                    true}};
  return finding;
}

Finding faults(const VcpuHabit& habit) {
  Finding finding = finding_of(habit, "entry_faults", habit.faulted);
  finding.text = fmt::format(
      "{} left its guest at once after {} of {} wakes, for memory that was not mapped: it is taken "
      "away all the time (what that takes comes after the wake, and is not in its total)",
      vcpu_name(habit.who), habit.faulted, habit.left_seen);
  finding.evidence = {{"faulted", habit.faulted}, {"wakes", habit.left_seen}};
  finding.fixes = {{"grep -E 'numa_|compact_|ksm_|balloon_|swpout|thp_split' /proc/vmstat",
                    {},
                    "which of these counts grows? Or the VMM does it itself: a balloon, or "
                    "madvise",
                    true}};
  return finding;
}

}  // namespace

std::vector<Finding> vcpu_habits(const std::vector<VcpuHabit>& habits) {
  std::vector<Finding> out;
  for (const VcpuHabit& habit : habits) {
    if (is_habit(habit.moved, habit.wakes)) {
      out.push_back(moves(habit));
    }
    if (is_habit(habit.faulted, habit.left_seen)) {
      out.push_back(faults(habit));
    }
  }
  return out;
}

}  // namespace wakepath::findings
