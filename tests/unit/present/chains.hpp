// SPDX-License-Identifier: GPL-2.0-or-later
// Hand-made chains with literal nanoseconds, and an Output that keeps its text.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "present/output.hpp"
#include "util/fd.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::present::testing {

class Captured {
 public:
  Output& output() { return output_; }
  std::string text() {
    EXPECT_TRUE(output_.flush());
    std::string content;
    char part[4096];
    ::lseek(file_.get(), 0, SEEK_SET);
    for (ssize_t got = 0; (got = ::read(file_.get(), part, sizeof part)) > 0;) {
      content.append(part, static_cast<std::size_t>(got));
    }
    return content;
  }

 private:
  Fd file_{::memfd_create("captured", MFD_CLOEXEC)};
  Output output_{file_.get(), "the test's file"};
};

inline Header arm64_header() {
  return {"0.1.0",
          "6.1.0-50-cloud-arm64",
          "aarch64",
          2,
          62'500'000,
          1'000'000'000,
          {{"sched_switch", true, ""},
           {"kvm_entry", true, ""},
           {"ipi_entry", false, "the kernel has no such tracepoint"},
           {"kvm_exit", false, ""}}};
}

// The chain that the project is named for: timer -> work -> vCPU, on two CPUs.
inline WakeChain kworker_chain() {
  WakeChain chain;
  chain.who = {"guest", 95, 0, 96};
  chain.path = "timer(timerfd_tmrproc)>work(aio_poll_put_work)>vcpu";
  chain.root = {RootKind::timer, 0, 13, "arch_timer", "timerfd_tmrproc", 2'000'000'000, {}};
  chain.hops = {{HopKind::timer, "timerfd_tmrproc", 0, {}, 2'000'015'400},
                {HopKind::work, "aio_poll_put_work", 1, 41, 2'000'114'400},
                {HopKind::vcpu, "CPU 0/KVM", 1, 96, 2'000'214'400}};
  chain.begin_ns = 2'000'000'000;
  chain.end_ns = 2'000'224'400;
  chain.stages = {
      {StageKind::timer_latency, 2'000'000'000, 2'000'012'300, 0, "arch_timer", {}, {}},
      {StageKind::irq_entry, 2'000'012'300, 2'000'015'400, 0, "arch_timer", {}, {}},
      {StageKind::timer_callback, 2'000'015'400, 2'000'019'400, 0, "timerfd_tmrproc", {}, {}},
      {StageKind::work_delay,
       2'000'019'400,
       2'000'114'400,
       1,
       "kworker/1:2",
       {{"idle_exit", 2'000'030'000, 2'000'070'000}},
       {{BlameKind::idle_exit, "", 40'000},
        {BlameKind::task, "ksoftirqd/1", 30'000},
        {BlameKind::unexplained, "", 25'000}}},
      {StageKind::work_run, 2'000'114'400, 2'000'134'400, 1, "kworker/1:2", {}, {}},
      {StageKind::wake_delay, 2'000'134'400, 2'000'214'400, 1, "CPU 0/KVM", {}, {}},
      {StageKind::vcpu_entry, 2'000'214'400, 2'000'224'400, 1, "CPU 0/KVM", {}, {}}};
  chain.marks = {{MarkKind::waking, 2'000'019'900, 0, "kworker/1:2"},
                 {MarkKind::irq_exit, 2'000'021'000, 0, ""},
                 {MarkKind::idle_exit, 2'000'070'000, 1, ""},
                 {MarkKind::sched_in, 2'000'110'000, 1, "kworker/1:2"},
                 {MarkKind::injection, 2'000'220'000, 1, "PPI 27"},
                 {MarkKind::guest_exit, 2'001'000'000, 1, "IRQ"},
                 {MarkKind::guest_exit, 2'008'650'000, 1, "WFx"},
                 {MarkKind::sched_out, 2'008'654'400, 1, ""},
                 {MarkKind::idle, 2'008'655'400, 1, ""}};
  chain.blocked_ns = 8'440'000;
  chain.ran_ns = 8'430'000;
  chain.exits = {{"IRQ", 1}, {"WFx", 1}};
  chain.guest_lateness_ns = 231'000;
  chain.guest_woke_ns = 2'000'114'900;
  return chain;
}

inline LatencyRow latency(std::string vm, std::optional<std::uint32_t> vcpu, std::string path,
                          std::string stage, std::uint64_t count, std::uint64_t p50_ns) {
  return {std::move(vm), vcpu,       std::move(path), std::move(stage), count,     p50_ns / 2,
          p50_ns,        p50_ns * 2, p50_ns * 3,      p50_ns * 4,       p50_ns * 5};
}

}  // namespace wakepath::present::testing
