// SPDX-License-Identifier: GPL-2.0-or-later
// The settings of a host that concern its CPUs: which CPUs are kept free, and which work may run
// there all the same. They are read below a root directory. A setting that can't be read is
// unknown, never "off".
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
  std::uint64_t latency_us{};  // to leave it, by the driver
  CpuSet on;                   // CPUs on which it is enabled, of the CPUs that were read
};

struct NumaNode {
  std::uint32_t number{};
  CpuSet cpus;
};

// A list of CPUs on the kernel's command line: isolcpus, nohz_full, rcu_nocbs, irqaffinity.
struct CpuOption {
  std::string name, text;
  std::optional<CpuSet> cpus;  // nullopt: the kernel can't read it either, and ignores it
};

struct HostSettings {
  std::string release, machine;  // empty: not known
  // CPUs; 0: not known. Then lists of the command line may go up to CPU WP_MAX_CPUS - 1
  // (kernel_list in util/cpu_set.hpp), and only CPUs up to `highest_named` are known to be there.
  std::uint32_t possible{};
  std::uint32_t highest_named{};
  std::optional<CpuSet> online;
  // isolcpus=domain, and CPUs that cpusets isolate (/sys/fs/cgroup/cpuset.cpus.isolated, Linux 6.8)
  std::optional<CpuSet> isolated;
  std::optional<CpuSet> nohz_full;
  // From the kernel's command line. nullopt: it can't be read. Empty: not given.
  std::optional<CpuSet> rcu_nocbs;
  std::optional<CpuSet> managed_irq;  // isolcpus=managed_irq
  std::optional<std::string> wfi_trap_policy;
  std::optional<std::vector<CpuOption>> cpu_options;  // in the order above; nullopt: as above

  std::optional<CpuSet> irq_default;     // /proc/irq/default_smp_affinity
  std::optional<CpuSet> workqueue_cpus;  // where unbound work may run
  std::optional<std::int64_t> rt_runtime_us, rt_period_us;
  std::optional<std::uint64_t> halt_poll_ns;
  std::optional<bool> timer_migration;
  std::optional<std::uint64_t> numa_balancing;
  std::optional<std::uint64_t> ksm_run, ksm_pages_sharing;
  bool mm_seen{};                       // /sys/kernel/mm is there: what it lacks, the kernel lacks
  std::string thp_enabled, thp_defrag;  // the word in brackets; empty: not known
  std::string idle_governor;            // empty: none, or not known
  // By latency; of CPUs that are isolated, or that a thread is pinned to.
  std::vector<IdleState> idle_states;
  bool cpus_seen{};  // /sys/devices/system/cpu has directories: what it lacks, the kernel lacks
  std::vector<NumaNode> nodes;
  Threads threads;
};

HostSettings read_settings(const std::string& root);

// CPUs for everybody, as far as it is known: online, not isolated, not nohz_full.
CpuSet everywhere(const HostSettings& settings);
// The CPUs of all vCPUs that may not run on every CPU.
CpuSet pinned_vcpu_cpus(const HostSettings& settings);

}  // namespace wakepath::host
