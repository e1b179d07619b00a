// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/vcpu_check.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "capture/bpf/bpf_session.hpp"
#include "capture/privileges.hpp"
#include "capture/vm_book.hpp"
#include "doctor/fix_of.hpp"
#include "doctor/vcpu_habit.hpp"
#include "findings/advice.hpp"
#include "host/host_facts.hpp"

namespace wakepath::doctor {

namespace {

using Clock = std::chrono::steady_clock;
using findings::Check;
using findings::fine;
using findings::not_looked_at;
using enum Check::State;

constexpr auto kSampleTime = std::chrono::seconds(1);
constexpr std::size_t kMostLines = 32;

#if defined(__aarch64__)
constexpr bool kArm64 = true;
#else
constexpr bool kArm64 = false;
#endif

struct Watched {
  wp_vcpu vcpu{};
  std::string vm, name;
  Clock::time_point at;
  std::optional<host::ThreadUsage> before;
};

// A vCPU's thread is found only while it is inside KVM_RUN, so one look may miss it.
Result<capture::BpfSession::Around> look() {
  constexpr int kLooks = 3;
  constexpr auto kApart = std::chrono::milliseconds(7);
  std::map<std::uint32_t, wp_vcpu> found;
  capture::BpfSession::Around around;
  for (int i = 0; i < kLooks; ++i) {
    auto more = capture::BpfSession::look_only();
    if (!more) {
      return more;
    }
    around.own_tgid = more->own_tgid;
    for (const wp_vcpu& vcpu : more->vcpus) {
      found.try_emplace(vcpu.tid, vcpu);
    }
    std::this_thread::sleep_for(kApart);
  }
  for (const auto& [tid, vcpu] : found) {
    around.vcpus.push_back(vcpu);
  }
  return around;
}

std::optional<std::uint64_t> polls_so_far() {
  const auto polls = capture::read_number("/sys/kernel/debug/kvm/halt_successful_poll");
  return polls && *polls >= 0 ? std::optional(static_cast<std::uint64_t>(*polls)) : std::nullopt;
}

Check check_of(const Watched& watched, const VcpuHabit& habit) {
  if (habit.rule.empty()) {
    return fine(watched.name, habit.text);
  }
  Check check =
      findings::wrong(watched.name, habit.rule, warning, habit.text, habit.fixes, habit.evidence);
  check.finding->confidence = habit.confidence;
  Subject& subject = check.finding->subject;
  subject.vm = watched.vm;
  subject.vm_pid = watched.vcpu.tgid;
  subject.vcpu = watched.vcpu.vcpu_id;
  subject.tid = watched.vcpu.tid;
  return check;
}

}  // namespace

void check_vcpus(std::vector<Check>& out) {
  if (!capture::need_kvm()) {
    return;
  }
  if (const auto permitted = capture::need_permission(); !permitted) {
    out.push_back(not_looked_at("vCPUs", "vcpus",
                                "not checked whether they block: that needs CAP_BPF",
                                {fix_of(permitted.error())}));
    return;
  }
  const auto around = look();
  if (!around) {
    out.push_back(not_looked_at("vCPUs", "vcpus",
                                "not checked whether they block: " + around.error().message,
                                {fix_of(around.error())}));
    return;
  }
  if (around->vcpus.empty()) {
    out.push_back(fine("vCPUs", "none runs now"));
    return;
  }
  if (host::read_own_pid("/") != around->own_tgid) {
    out.push_back(
        not_looked_at("vCPUs", "vcpus",
                      fmt::format("{} here; not checked whether they block, and VMs may have their "
                                  "process's short name: /proc shows another PID namespace",
                                  around->vcpus.size()),
                      {findings::no_command("run on the host, or with its PID namespace "
                                            "(--pid=host, hostPID): how depends on what starts the "
                                            "container")}));
    return;
  }
  capture::VmBook vms({0, true, "/"});
  std::map<std::uint32_t, std::string> names;
  std::vector<Watched> watched;
  for (const wp_vcpu& vcpu : around->vcpus) {
    const auto entry = vms.vm(vcpu, 0);
    if (entry.fact) {
      names[entry.key] = entry.fact->name;
    }
    watched.push_back({vcpu, names[entry.key],
                       fmt::format("{} vCPU {}", names[entry.key], vcpu.vcpu_id), Clock::now(),
                       host::read_thread_usage("/", {.tgid = vcpu.tgid, .tid = vcpu.tid})});
  }
  const auto polls_before = polls_so_far();
  std::this_thread::sleep_for(kSampleTime);
  const auto polls_after = polls_so_far();
  std::vector<Check> checks;
  for (const Watched& one : watched) {
    const auto after = host::read_thread_usage("/", {.tgid = one.vcpu.tgid, .tid = one.vcpu.tid});
    if (!one.before || !after) {
      continue;  // gone meanwhile
    }
    const auto elapsed = Clock::now() - one.at;
    VcpuSample sample{*one.before,
                      *after,
                      static_cast<std::uint64_t>(
                          std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count()),
                      static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)),
                      std::nullopt,
                      kArm64};
    if (polls_before && polls_after && *polls_after >= *polls_before) {
      sample.polls = *polls_after - *polls_before;
    }
    checks.push_back(check_of(one, habit_of(sample)));
  }
  // vCPUs without wakes first.
  std::ranges::stable_sort(checks, [](const Check& a, const Check& b) {
    return std::pair(a.state == ok, a.name) < std::pair(b.state == ok, b.name);
  });
  if (checks.size() > kMostLines) {
    const auto rest = std::span(checks).subspan(kMostLines);
    const auto silent = std::ranges::count(rest, warning, &Check::state);
    std::string detail = fmt::format("{}, of which {} never block", rest.size(), silent);
    Check more = silent == 0
                     ? fine("more vCPUs", std::move(detail))
                     : findings::wrong("more vCPUs", "never_blocks", warning, std::move(detail),
                                       {findings::guest_never_blocks(kArm64)});
    checks.resize(kMostLines);
    checks.push_back(std::move(more));
  }
  out.insert(out.end(), checks.begin(), checks.end());
}

}  // namespace wakepath::doctor
