// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/doctor.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "capture/bpf/attach_plan.hpp"
#include "capture/bpf/kernel_btf.hpp"
#include "capture/bpf/ring_size.hpp"
#include "capture/privileges.hpp"
#include "capture/stale_instances.hpp"
#include "capture/tracefs/tracefs_backend.hpp"
#include "doctor/fix_of.hpp"
#include "doctor/vcpu_check.hpp"
#include "findings/advice.hpp"
#include "host/host_facts.hpp"

namespace wakepath::doctor {

namespace {

using findings::Check;
using findings::fine;
using findings::wrong;
using enum Check::State;

Check missing_for(std::string name, std::string_view rule, const Error& error) {
  return wrong(std::move(name), rule, missing, error.message, {fix_of(error)});
}

Check from(std::string name, std::string_view rule, const Result<void>& result, std::string good) {
  return result ? fine(std::move(name), std::move(good))
                : missing_for(std::move(name), rule, result.error());
}

FigureValue as_figure(std::optional<long long> number) {
  return number && *number >= 0 ? FigureValue(static_cast<std::uint64_t>(*number)) : FigureValue();
}

Fix open_kvm() {
  struct stat status {};
  const passwd* const user = ::getpwuid(::getuid());
  const group* const owner =
      ::stat("/dev/kvm", &status) == 0 && status.st_gid != 0 ? ::getgrgid(status.st_gid) : nullptr;
  return user == nullptr || owner == nullptr
             ? findings::no_command("run it as root: no group that one could join owns /dev/kvm")
             : findings::join_group(user->pw_name, owner->gr_name);
}

bool old_memory_accounting() {
  utsname names{};
  ::uname(&names);
  int major = 0, minor = 0;
  return std::sscanf(names.release, "%d.%d", &major, &minor) == 2 &&
         (major < 5 || (major == 5 && minor < 11));
}

void check_btf(const Result<capture::Features>& features, std::vector<Check>& out) {
  if (!features) {
    out.push_back(missing_for("BTF", "btf", features.error()));
    return;
  }
  out.push_back(fine("BTF", std::string(capture::kVmlinuxBtf)));
  if (!features->has_recursion_misses) {
    out.push_back(wrong("missed runs", "missed_runs", warning,
                        "this kernel does not count programs that did not run "
                        "(recursion_misses); such losses stay unseen",
                        {findings::use_newer_kernel("5.12")}));
  } else {
    out.push_back(fine("missed runs", "counted (recursion_misses)"));
  }
}

void check_permission(std::vector<Check>& out) {
  const capture::Privileges mine = capture::read_privileges();
  out.push_back(
      from("permission", "permission", capture::need_permission(), "CAP_BPF and CAP_PERFMON"));
  if (!mine.sys_admin) {
    out.push_back(wrong("CAP_SYS_ADMIN", "cap_sys_admin", warning,
                        "not there: --stats can't count program runs",
                        {grant_to_self(capture::kForStats)}, {{"cap_sys_admin", false}}));
  }
  const auto lockdown = capture::read_lockdown();
  out.push_back(lockdown == "confidentiality"
                    ? wrong("lockdown", "lockdown", missing, *lockdown,
                            {findings::kernel_option("lockdown=integrity")},
                            {{"lockdown", *lockdown}})
                    : fine("lockdown", lockdown.value_or("not active, or not readable")));
  if (capture::need_permission()) {
    out.push_back(from("ring buffer", "ring_buffer", capture::need_ring_buffer(), "there"));
  } else {
    out.push_back(findings::not_looked_at("ring buffer", "ring_buffer",
                                          "not checked: that needs CAP_BPF", {grant_to_self()}));
  }
}

void check_symbols(bool kernel_tells, std::vector<Check>& out) {
  if (kernel_tells) {
    out.push_back(fine("function names", "the kernel tells them"));
    return;
  }
  const auto symbols = host::Symbols::read("/");
  if (symbols && !symbols->restricted()) {
    out.push_back(fine("function names", "readable"));
    return;
  }
  const auto restricted = capture::read_number("/proc/sys/kernel/kptr_restrict");
  const bool sysctl = restricted.value_or(0) > 1;
  out.push_back(wrong("function names", "function_names", warning,
                      sysctl ? "hidden (kernel.kptr_restrict=2)" : "hidden from this process",
                      {sysctl ? findings::sysctl("kernel.kptr_restrict", "1", "2")
                              : grant_to_self(capture::kForNames)},
                      {{"kptr_restrict", as_figure(restricted)}}));
}

void check_kvm(std::vector<Check>& out) {
  const auto there = capture::need_kvm();
  out.push_back(from("KVM", "kvm", there, "/dev/kvm"));
  if (!there) {
    return;
  }
  if (::access("/dev/kvm", R_OK | W_OK) != 0) {
    out.push_back(wrong("embedded guest", "embedded_guest", warning,
                        "/dev/kvm may not be opened by this user: no --guest", {open_kvm()}));
  }
  if (const auto poll = capture::read_number("/sys/module/kvm/parameters/halt_poll_ns")) {
    out.push_back(fine("halt polling",
                       *poll == 0 ? std::string("off")
                                  : "up to " + std::to_string(*poll) +
                                        " ns: a wake that comes meanwhile takes no scheduler, and "
                                        "is flagged halt_poll"));
  }
}

void check_events(const Result<capture::Features>& features, const capture::EventSet& events,
                  std::vector<Check>& out) {
  if (!features) {
    return;
  }
  const auto plan = make_plan(*features, events);
  if (!plan) {
    out.push_back(missing_for("events", "events", plan.error()));
    return;
  }
  for (const capture::PlannedEvent& event : plan->events) {
    const bool wanted = events.kinds.test(event.tracepoint->kind) || event.tracepoint->required;
    if (!wanted) {
      continue;
    }
    std::string detail = !event.enabled                      ? event.reason
                         : event.via == capture::Via::raw_tp ? "raw tracepoint"
                         : event.via == capture::Via::kprobe ? "kprobe"
                                                             : "there";
    const bool elsewhere = event.reason.starts_with("only ");
    std::string name(event.tracepoint->name);
    out.push_back(event.enabled || elsewhere
                      ? fine(std::move(name), std::move(detail))
                      : wrong(std::move(name), "event", warning, std::move(detail),
                              {findings::no_command("another kernel has it perhaps: this one can't "
                                                    "be told to")},
                              {{"tracepoint", std::string(event.tracepoint->name)}}));
  }
}

void check_memory(std::size_t cpus, std::optional<std::size_t> ring_bytes,
                  std::vector<Check>& out) {
  const auto page = static_cast<std::size_t>(::getpagesize());
  const auto bytes = capture::ring_size(ring_bytes, cpus, page);
  if (!bytes) {
    out.push_back(missing_for("ring memory", "ring_memory", bytes.error()));
    return;
  }
  const std::size_t all = cpus * (bytes->events + bytes->side + 3 * page);
  out.push_back(fine("ring memory", std::to_string(cpus) + " rings of " +
                                        std::to_string(bytes->events / 1024) + " KiB, " +
                                        std::to_string((all + 1048575) / 1048576) + " MiB in all"));
  rlimit limit{};
  if (old_memory_accounting() && ::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
      limit.rlim_max != RLIM_INFINITY && limit.rlim_max < all && ::geteuid() != 0) {
    out.push_back(wrong(
        "locked memory", "locked_memory", warning,
        "the limit is " + std::to_string(limit.rlim_max / 1024) + " KiB",
        {{"ulimit -l unlimited", "", "in the shell that starts wakepath"}},
        {{"limit_bytes", std::uint64_t{limit.rlim_max}}, {"needed_bytes", std::uint64_t{all}}}));
  }
}

void check_cpus(std::optional<std::size_t> ring_bytes, std::vector<Check>& out) {
  const auto cpus = host::read_cpus("/");
  if (!cpus) {
    out.push_back(missing_for("CPUs", "cpus", cpus.error()));
    return;
  }
  std::string detail = "reader on " + host::housekeeping(*cpus).text();
  if (!cpus->isolated.empty()) {
    detail += "; isolated " + cpus->isolated.text();
  }
  if (!cpus->nohz_full.empty()) {
    detail += "; nohz_full " + cpus->nohz_full.text();
  }
  out.push_back(fine("CPUs", std::move(detail)));
  check_memory(cpus->online.list().size(), ring_bytes, out);
}

void check_jit(std::vector<Check>& out) {
  const auto jit = capture::read_number("/proc/sys/net/core/bpf_jit_enable");
  if (!jit) {
    out.push_back(fine("BPF JIT", "not checked: net.core.bpf_jit_enable is not readable"));
  } else if (*jit == 0) {
    out.push_back(wrong("BPF JIT", "bpf_jit", warning,
                        "off: programs are interpreted, tracing costs far more",
                        {findings::sysctl("net.core.bpf_jit_enable", "1", "0")},
                        {{"bpf_jit_enable", as_figure(jit)}}));
  } else {
    out.push_back(fine("BPF JIT", "on"));
  }
}

void check_left_over(std::vector<Check>& out) {
  const std::string root = capture::tracefs_root();
  if (root.empty()) {
    return;  // nobody can say
  }
  const capture::InstancesLock lock(root);
  const std::vector<std::string> stale = capture::stale_instances(root);
  if (stale.empty()) {
    out.push_back(fine("left over", "nothing of runs that were killed"));
    return;
  }
  const std::string goes_on =
      stale.size() == 1
          ? "a tracing instance of a run that was killed goes on, and costs time"
          : fmt::format("{} tracing instances of runs that were killed go on, and cost time",
                        stale.size());
  out.push_back(
      wrong("left over", "left_over", warning, goes_on,
            {{fmt::format("rmdir {}", fmt::join(stale, " ")), "", "the next capture does it too"}},
            {{"instances", std::uint64_t{stale.size()}}}));
}

// Which backend a capture would take. What only BPF misses is no obstacle where tracefs works.
void choose_backend(std::vector<Check>& checks) {
  const auto obstacle = std::ranges::find(checks, missing, &Check::state);
  if (obstacle == checks.end()) {
    checks.push_back(fine("backend", "bpf"));
    return;
  }
  constexpr std::array<std::string_view, 5> kOfBpf{"BTF", "permission", "lockdown", "ring buffer",
                                                   "events"};
  const auto of_bpf = [&](const Check& check) {
    return std::ranges::find(kOfBpf, check.name) != kOfBpf.end();
  };
  const auto tracefs = capture::need_tracefs();
  const std::string why = obstacle->name + ": " + obstacle->detail;
  if (!tracefs) {
    checks.push_back(wrong("backend", "backend", warning,
                           "none: for tracefs, " + tracefs.error().message,
                           {fix_of(tracefs.error())}));
    return;
  }
  if (std::ranges::all_of(
          checks, [&](const Check& check) { return check.state != missing || of_bpf(check); })) {
    checks.push_back(fine("backend", "tracefs, which shows a little less than bpf (" + why + ")"));
    std::ranges::for_each(checks, findings::soften);
  }
}

}  // namespace

std::vector<Check> examine(const capture::EventSet& events, std::optional<std::size_t> ring_bytes) {
  std::vector<Check> checks;
  const auto features = capture::probe_features();
  check_btf(features, checks);
  check_permission(checks);
  check_kvm(checks);
  check_symbols(features && features->names_functions, checks);
  check_jit(checks);
  check_cpus(ring_bytes, checks);
  check_left_over(checks);
  check_events(features, events, checks);
  if (features) {
    check_vcpus(checks);
  } else {
    checks.push_back(findings::not_looked_at(
        "vCPUs", "vcpus", "not checked whether they block: that takes BPF",
        {findings::no_command("what keeps BPF from working is told above")}));
  }
  choose_backend(checks);
  return checks;
}

}  // namespace wakepath::doctor
