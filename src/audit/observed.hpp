// SPDX-License-Identifier: GPL-2.0-or-later
// What ran on each CPU during a capture, as plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::audit {

// One thing that ran on one CPU. The times are when it held the CPU itself, without the time of
// what interrupted it.
struct Ran {
  enum class Kind : std::uint8_t {
    irq,  // handler of a device's or a per-CPU interrupt
    ipi,
    tick,   // callback of the scheduler's tick
    timer,  // callback of another hrtimer
    softirq,
    work,     // function that a kworker, or a kthread worker, executed
    task,     // of user space
    kthread,  // a kernel thread, its work apart
    vcpu,
  };
  Kind kind{};
  std::uint32_t number{};  // irq: its number; softirq: vector; others: tid
  std::string name;        // hostile; empty: not known
  std::uint64_t count{};   // how often it began, or got the CPU
  std::uint64_t ns{};      // in all
  std::uint64_t longest_ns{};
  std::optional<std::uint32_t> by_irq{};  // softirq, work: the interrupt that asked for it last
  std::uint32_t by_tid{};                 // work: the task that queued it; 0: no task did
  std::optional<std::uint32_t> by_cpu{};  // work: the CPU on which it was queued
  std::string by{};                       // work: what queued it, for people
  std::string worker{};                   // work: the thread that ran it last; its tid is `number`
  // The wakes of vCPUs that it delayed, and by how much.
  std::uint64_t delayed_wakes{}, delay_ns{}, longest_delay_ns{};
};

struct CpuSeen {
  std::uint32_t cpu{};
  std::uint64_t unknown_ns{};  // time in which it is not known what had the CPU
  std::vector<Ran> ran;        // the longest first
};

// On which CPUs a vCPU ran.
struct VcpuSeen {
  VcpuIdentity who;
  std::vector<std::uint32_t> cpus;
};

struct ObservedTotals {
  std::uint64_t duration_ns{};
  std::uint64_t wakes{};
  std::uint64_t lost{};    // events; with losses all counts are lower bounds
  std::uint64_t missed{};  // times that a program did not run
  bool cut{};              // more different things ran than are told apart
};

struct Observed {
  ObservedTotals totals;
  std::vector<CpuSeen> cpus;
  std::vector<VcpuSeen> vcpus;
  std::vector<std::string> not_recorded{};  // of the events that an audit judges by
  BlameGroup blame{};                       // of all wakes
};

}  // namespace wakepath::audit
