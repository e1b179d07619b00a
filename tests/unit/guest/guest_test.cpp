// SPDX-License-Identifier: GPL-2.0-or-later
// The guest itself. Tests that need KVM are skipped if this user has none. Bounds are wide, for
// busy machines.
#include "guest/guest.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

namespace wakepath::guest {
namespace {

using namespace std::chrono_literals;

std::optional<ErrorKind> code_of(const Options& options) {
  auto made = Guest::create(options);
  return made ? std::nullopt : std::optional(made.error().kind);
}

TEST(GuestOptions, PeriodOutOfRangeIsUsage) {
  EXPECT_EQ(code_of({Workload::timer, 99us, 1}), ErrorKind::usage);
  EXPECT_EQ(code_of({Workload::device, 11s, 1}), ErrorKind::usage);
  EXPECT_EQ(code_of({Workload::device, -1s, 1}), ErrorKind::usage);
}

TEST(GuestOptions, VcpusOutOfRangeIsUsage) {
  EXPECT_EQ(code_of({Workload::timer, 10ms, 0}), ErrorKind::usage);
  EXPECT_EQ(code_of({Workload::timer, 10ms, max_vcpus + 1}), ErrorKind::usage);
}

#if defined(__x86_64__)
TEST(GuestOptions, WhatX86CannotDoIsUsage) {
  EXPECT_EQ(code_of({Workload::timer, 10ms, 2}), ErrorKind::usage);
  EXPECT_EQ(code_of({Workload::timer, 55ms, 1}), ErrorKind::usage);
  EXPECT_EQ(code_of({Workload::ipi, 10ms, {}}), ErrorKind::usage);
  EXPECT_EQ(code_of({Workload::lpi, 10ms, {}}), ErrorKind::usage);
}
#endif

TEST(GuestOptions, AnIpiNeedsAnotherVcpu) {
  EXPECT_EQ(code_of({Workload::ipi, 10ms, 1}), ErrorKind::usage);
}

TEST(GuestOptions, NamesOfWorkloadsGoBothWays) {
  for (const Workload workload :
       {Workload::timer, Workload::kworker, Workload::irqfd, Workload::device, Workload::signal,
        Workload::lpi, Workload::ipi}) {
    EXPECT_EQ(workload_from(name(workload)), workload);
  }
  EXPECT_EQ(workload_from("disk"), std::nullopt);
}

class GuestOnKvmAlone : public testing::Test {
 protected:
  void SetUp() override {
    if (::access("/dev/kvm", R_OK | W_OK) != 0) {
      GTEST_SKIP() << "no /dev/kvm for this user";
    }
  }
};

class GuestOnKvm : public GuestOnKvmAlone, public testing::WithParamInterface<Workload> {};

TEST_P(GuestOnKvm, ReportsItsWakes) {
  auto made = Guest::create({GetParam(), 10ms, 1});
  ASSERT_TRUE(made) << made.error().message;
  Guest& machine = **made;
  ASSERT_EQ(machine.thread_ids().size(), 1U);
  const auto begin = std::chrono::steady_clock::now();
  auto started = machine.start();
  ASSERT_TRUE(started) << started.error().message;
  std::vector<Report> reports;
  while (reports.size() < 10) {
    std::this_thread::sleep_for(10ms);
    machine.drain(reports);
  }
  auto stopped = machine.stop();
  EXPECT_TRUE(stopped) << stopped.error().message;
  const auto periods = static_cast<std::size_t>((std::chrono::steady_clock::now() - begin) / 10ms);

  machine.drain(reports);
  EXPECT_LE(reports.size(), periods + 1);
  std::uint64_t sequence = 0;
  std::uint64_t last = 0;
  for (const Report& report : reports) {
    EXPECT_EQ(report.sequence, sequence++);
    EXPECT_EQ(report.vcpu, 0U);
    EXPECT_EQ(report.tid, machine.thread_ids().front());
    EXPECT_GT(report.time_ns, last);
    last = report.time_ns;
    EXPECT_EQ(report.now_ticks.has_value(), machine.counter_hz().has_value());
    if (report.deadline_ticks) {
      EXPECT_GE(*report.now_ticks, *report.deadline_ticks);
    }
  }
}

TEST_P(GuestOnKvm, EndsWithoutHavingBeenStarted) {
  auto made = Guest::create({GetParam(), 10ms, 1});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE((*made)->stop());
  EXPECT_FALSE((*made)->start());
}

TEST_F(GuestOnKvmAlone, SleepsOnAfterASignal) {
  auto made = Guest::create({Workload::signal, 10ms, 1});
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_TRUE((*made)->start());
  std::this_thread::sleep_for(100ms);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE((*made)->stop());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 60s) << "it leaves at the next signal";
  std::vector<Report> reports;
  (*made)->drain(reports);
  EXPECT_TRUE(reports.empty());
}

INSTANTIATE_TEST_SUITE_P(Workloads, GuestOnKvm,
                         testing::Values(Workload::timer, Workload::kworker, Workload::irqfd,
                                         Workload::device),
                         [](const auto& each) { return std::string(name(each.param)); });

}  // namespace
}  // namespace wakepath::guest
