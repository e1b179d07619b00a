// SPDX-License-Identifier: GPL-2.0-or-later
// The threads that show how a host's CPUs are assigned: all threads of VMs, and pinned threads of
// other processes. Without root the open files of other users' VMs are hidden; then the names of
// its threads identify a VM.
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
// By the names that VMMs give their threads: "CPU 0/KVM" (QEMU), "fc_vcpu 0", "vcpu0",
// "crosvm_vcpu0"; "IO iothread1"; "vhost-4711".
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
  std::optional<CpuSet> mem_nodes;  // NUMA nodes for its memory
  std::vector<VmThread> threads;
};

struct Irqbalance {
  std::uint32_t pid{};
  std::optional<CpuSet> banned;  // nullopt: its environment can't be read
};

struct Threads {
  std::vector<VmThreads> vms;  // by pid
  std::vector<Thread> pinned;  // not of VMs, not free to run on all of `everywhere`
  std::optional<Irqbalance> irqbalance;
  bool seen{};    // /proc has processes in it
  bool cut{};     // more threads than the bound
  bool hidden{};  // some processes hide their open files
};

// `everywhere`: the CPUs of a thread that is not pinned.
Threads read_threads(const std::string& root, const CpuSet& everywhere);

}  // namespace wakepath::host
