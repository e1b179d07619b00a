// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/analysis.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "chains.hpp"

namespace wakepath::analysis::testing {

namespace {

const LatencyRow* row(const Summary& summary, const std::string& vm, const std::string& stage) {
  const auto found =
      std::find_if(summary.latency.begin(), summary.latency.end(),
                   [&](const LatencyRow& r) { return r.vm == vm && r.stage == stage; });
  return found == summary.latency.end() ? nullptr : &*found;
}

}  // namespace

TEST(Analysis, CountsEachIncompleteWakeOnce) {
  Analysis analysis;
  analysis.add(wake(1'000));
  analysis.add(wake(1'000, {Flag::migrated, Flag::preempted, Flag::early}));
  analysis.add(wake(1'000, {Flag::lossy, Flag::no_root, Flag::no_entry, Flag::cut}));
  analysis.add(wake(1'000, {Flag::missed_program}));
  analysis.add(wake(1'000, {Flag::no_root, Flag::no_entry, Flag::cut}));
  analysis.add(wake(1'000, {Flag::no_entry, Flag::cut}));
  analysis.add(wake(1'000, {Flag::cut}));
  analysis.add(wake(1'000, {Flag::no_entry}));
  const Summary summary = analysis.summary();
  EXPECT_EQ(summary.wakes, 8U);
  EXPECT_EQ(summary.complete, 2U);
  EXPECT_EQ(summary.incomplete.lossy, 2U);
  EXPECT_EQ(summary.incomplete.no_root, 1U);
  EXPECT_EQ(summary.incomplete.no_entry, 1U);
  EXPECT_EQ(summary.incomplete.cut, 2U) << "why its entry was not seen";
}

TEST(Analysis, LatenciesLeaveOutWhatALossMayHaveTouched) {
  Analysis analysis;
  analysis.add(wake(1'000));
  analysis.add(wake(900'000, {Flag::lossy}));
  analysis.add(wake(900'000, {Flag::missed_program}));
  const Summary summary = analysis.summary();
  ASSERT_NE(row(summary, "*", "total"), nullptr);
  EXPECT_EQ(row(summary, "*", "total")->count, 1U);
  EXPECT_EQ(row(summary, "*", "total")->max_ns, 1'000U);
  EXPECT_EQ(row(summary, "*", "wake_delay")->count, 1U);
}

TEST(Analysis, StagesCountWhereTheyAreKnownTheTotalOnlyWhereTheRootIs) {
  Analysis analysis;
  analysis.add(wake(1'000));
  analysis.add(wake(2'000, {Flag::no_root}));
  analysis.add(wake(3'000, {Flag::cut}));
  const Summary summary = analysis.summary();
  EXPECT_EQ(row(summary, "*", "total")->count, 1U);
  EXPECT_EQ(row(summary, "*", "wake_delay")->count, 3U);
  EXPECT_EQ(row(summary, "*", "wake_delay")->p50_ns, 200U);
  EXPECT_EQ(row(summary, "*", "softirq_run"), nullptr) << "never occurred";
}

TEST(Analysis, TotalsToSchedInStandApart) {
  Analysis analysis;
  analysis.add(to_sched_in());
  analysis.add(wake(5'000));
  const Summary summary = analysis.summary();
  EXPECT_EQ(row(summary, "guest", "total")->p50_ns, 5'000U);
  EXPECT_EQ(row(summary, "guest", "total")->count, 1U);
  EXPECT_EQ(row(summary, "guest", "total_to_sched_in")->p50_ns, 300U);
  EXPECT_EQ(row(summary, "guest", "total_to_sched_in")->count, 1U);
}

TEST(Analysis, AWakeThatNeverGotItsCpuHasNoTotal) {
  WakeChain given_up = to_sched_in();
  given_up.stages.pop_back();
  given_up.end_ns = 1'100;
  Analysis analysis;
  analysis.add(given_up);
  const Summary summary = analysis.summary();
  EXPECT_EQ(row(summary, "*", "total_to_sched_in"), nullptr);
  EXPECT_EQ(row(summary, "*", "timer_latency")->count, 1U);
}

TEST(Analysis, RowsStandByVmVcpuAndPathAllFirst) {
  Analysis analysis;
  analysis.add(wake(1'000, {}, "b>vcpu", "two"));
  analysis.add(wake(1'000, {}, "b>vcpu", "one"));
  analysis.add(wake(1'000, {}, "a>vcpu", "one"));
  const Summary summary = analysis.summary();
  std::vector<std::string> totals;
  for (const LatencyRow& r : summary.latency) {
    if (r.stage == "total") {
      totals.push_back(r.vm + " " + r.path);
    }
  }
  EXPECT_EQ(totals, (std::vector<std::string>{"* *", "one a>vcpu", "one b>vcpu", "two b>vcpu"}));
}

TEST(Analysis, MoreThan64PathsOfAVmAreOther) {
  Analysis analysis;
  for (int i = 0; i < 70; ++i) {
    analysis.add(wake(1'000, {}, "path" + std::to_string(i)));
  }
  analysis.add(wake(1'000, {}, "path0"));
  analysis.add(wake(1'000, {}, "path99", "another"));
  const Summary summary = analysis.summary();
  std::size_t paths = 0;
  for (const LatencyRow& r : summary.latency) {
    if (r.stage != "total" || r.vm == "*") {
      continue;
    }
    ++paths;
    EXPECT_EQ(r.count, r.path == "other" ? 6U : r.path == "path0" ? 2U : 1U) << r.path;
  }
  EXPECT_EQ(paths, 66U) << "64 and other of one VM, one of the other";
}

TEST(Analysis, AnIntervalForgetsWhatItTold) {
  Analysis analysis;
  analysis.add(wake(1'000));
  EXPECT_EQ(analysis.take_interval().front().count, 1U);
  EXPECT_TRUE(analysis.take_interval().empty());
  EXPECT_EQ(analysis.summary().wakes, 1U) << "the run does not";
}

TEST(Analysis, TheRunHasTheWakesOfIntervalsThatWereToldAndOfTheOneThatWasNot) {
  AnalysisOptions options;
  options.target_ns = 2'000;
  Analysis analysis(options);
  for (int interval = 0; interval < 3; ++interval) {
    analysis.add(wake(1'000));
    analysis.add(wake(3'000));
    EXPECT_EQ(analysis.take_interval().front().count, 2U);
  }
  analysis.add(wake(5'000));
  EXPECT_EQ(analysis.all().wakes(), 7U);
  const Summary summary = analysis.summary();
  std::size_t totals = 0;
  for (const LatencyRow& row : summary.latency) {
    if (row.stage == "total") {
      ++totals;
      EXPECT_EQ(row.count, 7U);
      EXPECT_EQ(row.min_ns, 1'000U);
      EXPECT_EQ(row.max_ns, 5'000U);
    }
  }
  EXPECT_EQ(totals, 2U) << "of all, and of the vCPU's path";
  ASSERT_TRUE(summary.target);
  EXPECT_EQ(summary.target->over, 4U);
  EXPECT_EQ(summary.target->of, 7U);
  ASSERT_EQ(summary.ranking.size(), 1U);
  EXPECT_EQ(summary.ranking.front().count, 7U);
  EXPECT_EQ(summary.ranking.front().over_target, 4U);
}

TEST(Analysis, VmsOfOneNameHaveRowsOfTheirOwn) {
  Analysis analysis;
  for (const std::uint32_t pid : {95U, 195U}) {
    WakeChain chain = wake(1'000, {}, "timer(f)>vcpu", "qemu");
    chain.who.vm_pid = pid;
    analysis.add(chain);
  }
  analysis.add(wake(1'000, {}, "timer(f)>vcpu", "web"));
  std::vector<std::optional<std::uint32_t>> pids;
  for (const LatencyRow& row : analysis.summary().latency) {
    if (row.stage == "total" && row.vm != "*") {
      pids.push_back(row.vm_pid);
      EXPECT_EQ(row.count, 1U);
    }
  }
  EXPECT_EQ(pids, (std::vector<std::optional<std::uint32_t>>{95U, 195U, std::nullopt}));
}

TEST(Selection, AVmByNameIsAllOfThemByProcessIdOne) {
  WakeChain one = wake(1'000, {}, "timer(f)>vcpu", "qemu");
  one.who.vm_pid = 95;
  WakeChain other = one;
  other.who.vm_pid = 195;
  Selection selection;
  selection.vms = {"qemu"};
  EXPECT_TRUE(selected(selection, one) && selected(selection, other));
  selection.vms = {"195"};
  EXPECT_TRUE(!selected(selection, one) && selected(selection, other));
}

TEST(Selection, PicksByVmVcpuCpuAndLatency) {
  const WakeChain chain = wake(1'000);
  EXPECT_TRUE(selected({}, chain));
  EXPECT_TRUE(selected({{"x", "guest"}, {}, {}, {}, 0}, chain));
  EXPECT_FALSE(selected({{"x"}, {}, {}, {}, 0}, chain));
  EXPECT_TRUE(selected({{}, {0, 3}, {}, {}, 0}, chain));
  EXPECT_FALSE(selected({{}, {3}, {}, {}, 0}, chain));
  EXPECT_TRUE(selected({{}, {}, {}, {0}, 0}, chain)) << "the timer fired there";
  EXPECT_TRUE(selected({{}, {}, {}, {7, 1}, 0}, chain));
  EXPECT_FALSE(selected({{}, {}, {}, {2}, 0}, chain));
  EXPECT_TRUE(selected({{}, {}, {}, {}, 1'000}, chain));
  EXPECT_FALSE(selected({{}, {}, {}, {}, 1'001}, chain));
  const Delivery delivery{chain.who, chain.begin_ns, chain.end_ns, chain.stages, {}};
  EXPECT_TRUE(selected({{"guest"}, {0}, {}, {1}, 1'000}, delivery));
  EXPECT_FALSE(selected({{"x"}, {}, {}, {}, 0}, delivery));
  EXPECT_FALSE(selected({{}, {}, {}, {2}, 0}, delivery));
  EXPECT_FALSE(selected({{}, {}, {}, {}, 1'001}, delivery));
  WakeChain unknown = chain;
  unknown.who.vcpu.reset();
  EXPECT_FALSE(selected({{}, {0}, {}, {}, 0}, unknown));
}

}  // namespace wakepath::analysis::testing
