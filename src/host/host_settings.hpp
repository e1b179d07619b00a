// SPDX-License-Identifier: GPL-2.0-or-later
// What a host's settings declare about its CPUs: which are kept free, for whom, and what may run
// there all the same. Read below a root directory; what can't be read is unknown, never "off".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/kernel_line.hpp"
#include "host/threads.hpp"
#include "util/cpu_set.hpp"

namespace wakepath::host {

struct IdleState {
  std::string name;
  std::uint64_t latency_us{};  // to leave it, as the driver says
  CpuSet on;                   // of the CPUs that were looked at, those on which it is not disabled
};

struct NumaNode {
  std::uint32_t number{};
  CpuSet cpus;
};

struct HostSettings {
  std::string release, machine;  // empty: not known
  std::uint32_t possible{};      // CPUs; 0: not known
  std::optional<CpuSet> online;
  // isolcpus=domain, and what cpusets isolate (/sys/fs/cgroup/cpuset.cpus.isolated, Linux 6.8)
  std::optional<CpuSet> isolated;
  std::optional<CpuSet> nohz_full;
  // Of the kernel's command line; nullopt: it can't be read. Empty: not given.
  std::optional<CpuSet> rcu_nocbs;
  std::optional<CpuSet> managed_irq;  // isolcpus=managed_irq
  std::optional<std::string> wfi_trap_policy;

  std::optional<CpuSet> irq_default;     // /proc/irq/default_smp_affinity
  std::optional<CpuSet> workqueue_cpus;  // where unbound work may run
  std::optional<std::int64_t> rt_runtime_us, rt_period_us;
  std::optional<std::uint64_t> halt_poll_ns;
  std::optional<bool> timer_migration;
  std::optional<std::uint64_t> numa_balancing;
  std::optional<std::uint64_t> ksm_run, ksm_pages_sharing;
  std::string thp_enabled, thp_defrag;  // the one in brackets; empty: not known
  std::string idle_governor;            // empty: none, or not known
  std::vector<IdleState> idle_states;   // by latency; of the CPUs that somebody isolated or pinned
  std::vector<NumaNode> nodes;
  Threads threads;
};

HostSettings read_settings(const std::string& root);

// Those that nobody is pinned to, as far as it is known: online, not isolated, not nohz_full.
CpuSet everywhere(const HostSettings& settings);
// Where a vCPU may run that is not free to run anywhere.
CpuSet pinned_vcpu_cpus(const HostSettings& settings);

}  // namespace wakepath::host
