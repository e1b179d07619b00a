// SPDX-License-Identifier: GPL-2.0-or-later
// The threads that say something of how a host's CPUs are given out: those of VMs, and those of
// others that are pinned. Without root, where VMs of other users hide what they have open, a VM is
// known by the names of its threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/cpu_set.hpp"

namespace wakepath::host {

struct Thread {
  std::uint32_t tid{}, tgid{};
  std::string comm;  // hostile
  bool kernel{};     // PF_KTHREAD
  std::optional<CpuSet> allowed;
  std::optional<std::uint32_t> policy;  // SCHED_*
};

bool is_real_time(const Thread& thread);  // SCHED_FIFO, SCHED_RR

enum class VmRole { vcpu, iothread, vhost, emulator };
// By how VMMs call their threads: "CPU 0/KVM" (QEMU), "fc_vcpu 0", "vcpu0", "crosvm_vcpu0"; "IO
// iothread1"; "vhost-4711".
VmRole role_of(std::string_view comm);

struct VmThread {
  Thread thread;
  VmRole role{};
};

struct VmThreads {
  std::string name;  // hostile
  std::uint32_t pid{};
  bool libvirt{};                   // its cgroup says so
  std::optional<CpuSet> cpuset;     // of its cgroup
  std::optional<CpuSet> mem_nodes;  // NUMA nodes that its memory may come from
  std::vector<VmThread> threads;
};

struct Irqbalance {
  std::uint32_t pid{};
  std::optional<CpuSet> banned;  // nullopt: its environment can't be read
};

struct Threads {
  std::vector<VmThreads> vms;  // by pid
  std::vector<Thread> pinned;  // not VMs', not to all of `everywhere`
  std::optional<Irqbalance> irqbalance;
  bool seen{};    // there is a /proc with processes in it
  bool cut{};     // more threads than we take
  bool hidden{};  // some processes do not show what they have open
};

// `everywhere`: the CPUs that a thread may run on that nobody pinned.
Threads read_threads(const std::string& root, const CpuSet& everywhere);

}  // namespace wakepath::host
