// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/doctor.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <bpf/libbpf.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "capture/bpf/attach_plan.hpp"
#include "capture/bpf/kernel_btf.hpp"
#include "capture/bpf/ring_size.hpp"
#include "capture/privileges.hpp"
#include "capture/tracefs/tracefs_source.hpp"
#include "doctor/vcpu_check.hpp"
#include "host/host_facts.hpp"

namespace wakepath::doctor {

namespace {

using enum Check::State;

Check from(std::string name, const Result<void>& result, std::string good) {
  if (result) {
    return {std::move(name), ok, std::move(good), {}};
  }
  return {std::move(name), missing, result.error().message, result.error().fix};
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
    out.push_back({"BTF", missing, features.error().message, features.error().fix});
    return;
  }
  out.push_back({"BTF", ok, std::string(capture::kVmlinuxBtf), {}});
  if (!features->has_recursion_misses) {
    out.push_back({"missed runs", warning,
                   "this kernel does not count programs that did not run (recursion_misses); such "
                   "losses stay unseen",
                   "run Linux 5.12 or later"});
  } else {
    out.push_back({"missed runs", ok, "counted (recursion_misses)", {}});
  }
}

void check_permission(std::vector<Check>& out) {
  const capture::Privileges mine = capture::read_privileges();
  out.push_back(from("permission", capture::need_permission(), "CAP_BPF and CAP_PERFMON"));
  if (!mine.sys_admin) {
    out.push_back({"CAP_SYS_ADMIN", warning, "not there: --stats can't count program runs",
                   capture::kPermissionFix});
  }
  const auto lockdown = capture::read_lockdown();
  out.push_back({"lockdown", lockdown == "confidentiality" ? missing : ok,
                 lockdown.value_or("not active, or not readable"),
                 lockdown == "confidentiality" ? "boot with lockdown=integrity" : ""});
  if (capture::need_permission()) {
    out.push_back(from("ring buffer", capture::need_ring_buffer(), "there"));
  } else {
    out.push_back(
        {"ring buffer", warning, "not checked: that needs CAP_BPF", capture::kPermissionFix});
  }
}

void check_symbols(bool kernel_tells, std::vector<Check>& out) {
  if (kernel_tells) {
    out.push_back({"function names", ok, "the kernel tells them", {}});
    return;
  }
  const auto symbols = host::Symbols::read("/");
  if (symbols && !symbols->restricted()) {
    out.push_back({"function names", ok, "readable", {}});
    return;
  }
  const auto restricted = capture::read_number("/proc/sys/kernel/kptr_restrict");
  const bool sysctl = restricted.value_or(0) > 1;
  out.push_back({"function names", warning,
                 sysctl ? "hidden (kernel.kptr_restrict=2)" : "hidden from this process",
                 sysctl ? "sysctl kernel.kptr_restrict=1" : "run as root, or with CAP_SYSLOG"});
}

void check_kvm(std::vector<Check>& out) {
  const auto there = capture::need_kvm();
  out.push_back(from("KVM", there, "/dev/kvm"));
  if (!there) {
    return;
  }
  if (::access("/dev/kvm", R_OK | W_OK) != 0) {
    out.push_back({"embedded guest", warning, "/dev/kvm may not be opened by this user: no --guest",
                   "run as root, or join the group that owns /dev/kvm"});
  }
  if (const auto poll = capture::read_number("/sys/module/kvm/parameters/halt_poll_ns")) {
    out.push_back({"halt polling",
                   ok,
                   *poll == 0 ? std::string("off")
                              : "up to " + std::to_string(*poll) +
                                    " ns: a vCPU that is woken while it polls never sleeps, and is "
                                    "no wake",
                   {}});
  }
}

void check_events(const Result<capture::Features>& features, const capture::EventSet& events,
                  std::vector<Check>& out) {
  if (!features) {
    return;
  }
  const auto plan = make_plan(*features, events);
  if (!plan) {
    out.push_back({"events", missing, plan.error().message, plan.error().fix});
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
    out.push_back({std::string(event.tracepoint->name),
                   event.enabled || elsewhere ? ok : warning,
                   std::move(detail),
                   {}});
  }
}

void check_memory(std::size_t cpus, std::optional<std::size_t> ring_bytes,
                  std::vector<Check>& out) {
  const auto page = static_cast<std::size_t>(::getpagesize());
  const auto bytes = capture::ring_size(ring_bytes, cpus, page);
  if (!bytes) {
    out.push_back({"ring memory", missing, bytes.error().message, bytes.error().fix});
    return;
  }
  const std::size_t all = cpus * (bytes->events + bytes->side + 3 * page);
  out.push_back({"ring memory",
                 ok,
                 std::to_string(cpus) + " rings of " + std::to_string(bytes->events / 1024) +
                     " KiB, " + std::to_string((all + 1048575) / 1048576) + " MiB in all",
                 {}});
  rlimit limit{};
  if (old_memory_accounting() && ::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
      limit.rlim_max != RLIM_INFINITY && limit.rlim_max < all && ::geteuid() != 0) {
    out.push_back({"locked memory", warning,
                   "the limit is " + std::to_string(limit.rlim_max / 1024) + " KiB",
                   "ulimit -l unlimited"});
  }
}

void check_cpus(std::optional<std::size_t> ring_bytes, std::vector<Check>& out) {
  const auto cpus = host::read_cpus("/");
  if (!cpus) {
    out.push_back({"CPUs", missing, cpus.error().message, cpus.error().fix});
    return;
  }
  std::string detail = "reader on " + host::housekeeping(*cpus).text();
  if (!cpus->isolated.empty()) {
    detail += "; isolated " + cpus->isolated.text();
  }
  if (!cpus->nohz_full.empty()) {
    detail += "; nohz_full " + cpus->nohz_full.text();
  }
  out.push_back({"CPUs", ok, std::move(detail), {}});
  check_memory(cpus->online.list().size(), ring_bytes, out);
}

void check_jit(std::vector<Check>& out) {
  const auto jit = capture::read_number("/proc/sys/net/core/bpf_jit_enable");
  if (!jit) {
    out.push_back({"BPF JIT", ok, "not checked: net.core.bpf_jit_enable is not readable", {}});
  } else if (*jit == 0) {
    out.push_back({"BPF JIT", warning, "off: programs are interpreted, tracing costs far more",
                   "sysctl net.core.bpf_jit_enable=1"});
  } else {
    out.push_back({"BPF JIT", ok, "on", {}});
  }
}

// Which of the two a capture would take. What only BPF misses is no obstacle where the other works.
void choose_backend(std::vector<Check>& checks) {
  const auto obstacle = std::ranges::find(checks, missing, &Check::state);
  if (obstacle == checks.end()) {
    checks.push_back({"backend", ok, "bpf", {}});
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
    checks.push_back(
        {"backend", warning, "none: for tracefs, " + tracefs.error().message, tracefs.error().fix});
    return;
  }
  if (std::ranges::all_of(
          checks, [&](const Check& check) { return check.state != missing || of_bpf(check); })) {
    checks.push_back(
        {"backend", ok, "tracefs, which shows a little less than bpf (" + why + ")", {}});
    for (Check& check : checks) {
      check.state = check.state == missing ? warning : check.state;
    }
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
  check_events(features, events, checks);
  if (features) {
    check_vcpus(checks);
  } else {
    checks.push_back({"vCPUs", warning, "not checked whether they block: that takes BPF", {}});
  }
  choose_backend(checks);
  return checks;
}

}  // namespace wakepath::doctor
