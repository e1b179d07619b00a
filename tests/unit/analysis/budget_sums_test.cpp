// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/budget_sums.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/chains.hpp"

namespace wakepath::analysis::testing {

namespace {

using Outcome = VerdictResult::Outcome;
using ::testing::HasSubstr;

WakeChain of(const std::string& vm, std::uint32_t vcpu, std::uint64_t total_ns,
             const std::string& path = "timer(f)>vcpu") {
  WakeChain chain = wake(total_ns, {}, path, vm);
  chain.who = {vm, vm == "web-1" ? 95 : 195, vcpu, (vm == "web-1" ? 96 : 196) + vcpu};
  return chain;
}

// 150 wakes of 1000 ns by each vCPU; those of web-2's vCPU 1 take 5000 ns.
VerdictResult judge_one(const BudgetLine& line, std::uint64_t wakes = 150,
                        const Summary& whole = {}) {
  BudgetSums sums({line});
  std::vector<VcpuIdentity> vcpus;
  for (const char* vm : {"web-1", "web-2"}) {
    for (std::uint32_t vcpu = 0; vcpu < 2; ++vcpu) {
      const bool slow = std::string(vm) == "web-2" && vcpu == 1;
      vcpus.push_back(of(vm, vcpu, 0).who);
      for (std::uint64_t i = 0; i < wakes; ++i) {
        sums.add(of(vm, vcpu, slow ? 5000 : 1000, slow ? "irq(eth*)>vcpu" : "timer(f)>vcpu"));
      }
    }
  }
  Summary summary = whole;
  summary.events = 10'000;
  return sums.judge(summary, {"web-1", "web-2"}, vcpus).front();
}

BudgetLine target(std::uint64_t ns) {
  BudgetLine line;
  line.target_ns = ns;
  line.file = "w.toml";
  line.line = 7;
  return line;
}
BudgetLine expression(const char* text) {
  BudgetLine line = target(0);
  line.expression = text;
  return line;
}

}  // namespace

TEST(BudgetSums, JudgesAllTogetherUnlessItIsToldOtherwise) {
  const VerdictResult all = judge_one(target(2000));
  EXPECT_EQ(all.outcome, Outcome::failed);  // a fourth of them is slow
  EXPECT_EQ(all.expression, "p99(total) > 2us");
  EXPECT_EQ(all.count, 600U);
  EXPECT_EQ(all.line, 7U);
  EXPECT_EQ(all.budget, "");
  BudgetLine one = target(2000);
  one.vms = {"web-1"};
  EXPECT_EQ(judge_one(one).outcome, Outcome::passed);
  EXPECT_EQ(judge_one(one).count, 300U);
  EXPECT_EQ(judge_one(one).budget, "VM web-1");
  one.vms = {"9?"};  // its process id
  EXPECT_EQ(judge_one(one).count, 300U);
}

TEST(BudgetSums, TheWorstOfThoseThatAreJudgedByThemselvesDecides) {
  BudgetLine line = target(2000);
  line.each = BudgetLine::Each::vcpu;
  const VerdictResult each = judge_one(line);
  EXPECT_EQ(each.outcome, Outcome::failed);
  EXPECT_EQ(each.count, 150U);
  EXPECT_EQ(each.text,
            "each vCPU: p99(total) = 5.00us > 2us over 150 wakes (VM web-2 vCPU 1; 1 of 4 fail)");
  line.each = BudgetLine::Each::vm;
  EXPECT_THAT(judge_one(line).text, HasSubstr("(VM web-2; 1 of 2 fail)"));
  line.target_ns = 6000;
  EXPECT_THAT(judge_one(line).text, HasSubstr("(VM web-2; 2 of 2 pass)"));
  EXPECT_EQ(judge_one(line).outcome, Outcome::passed);
  // Each has too few for a p99, though together they would be enough.
  EXPECT_EQ(judge_one(line, 40).outcome, Outcome::not_judged);
  line.each = BudgetLine::Each::all;
  EXPECT_EQ(judge_one(line, 40).outcome, Outcome::passed);
}

TEST(BudgetSums, WhatFailsDecidesOverWhatCanNotBeJudged) {
  BudgetLine line = expression("p99(total) > 2us");
  line.each = BudgetLine::Each::vcpu;
  BudgetSums sums({line});
  sums.add(of("web-1", 0, 9000));
  for (int i = 0; i < 100; ++i) {
    sums.add(of("web-2", 0, 3000));
  }
  const VerdictResult result = sums.judge({}, {}, {}).front();
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_THAT(result.text, HasSubstr("1 of 2 fail"));
}

TEST(BudgetSums, APatternOfStagesIsJudgedByItsWorst) {
  const VerdictResult failed = judge_one(expression("p50(*_delay) > 100ns"));
  EXPECT_EQ(failed.outcome, Outcome::failed);
  EXPECT_EQ(failed.expression, "p50(*_delay) > 100ns");
  EXPECT_THAT(failed.text, HasSubstr("p50(wake_delay) = 200ns > 100ns"));
  // The entry takes 700 or 4700 ns, the others 100 and 200.
  EXPECT_THAT(judge_one(expression("max(*) > 1us")).text, HasSubstr("max(vcpu_entry) = 4.70us"));
  const VerdictResult none = judge_one(expression("p50(work_*) > 1us"));
  EXPECT_EQ(none.outcome, Outcome::not_judged);
  EXPECT_THAT(none.reason, HasSubstr("no wake in which it is known"));
}

TEST(BudgetSums, WhatMatchesNothingIsNotJudged) {
  BudgetLine line = target(2000);
  line.vms = {"db-*"};
  EXPECT_EQ(judge_one(line).outcome, Outcome::not_judged);
  EXPECT_EQ(judge_one(line).reason, "no VM is like 'db-*'; there is web-1, web-2");
  line.vms = {"web-*"};
  line.vcpus = {7};
  EXPECT_EQ(judge_one(line).reason, "no vCPU 7 is known");
  line.vcpus = {0};
  line.paths = {"work*"};
  EXPECT_EQ(judge_one(line).reason, "no wake has a path like 'work*'");
  EXPECT_EQ(judge_one(line).value, std::nullopt);
  line.paths = {"timer*", "irq*"};
  EXPECT_EQ(judge_one(line).outcome, Outcome::passed);
  // Nor is a count of nothing.
  line = expression("wakes < 10");
  line.paths = {"work*"};
  EXPECT_EQ(judge_one(line).outcome, Outcome::not_judged);
}

TEST(BudgetSums, PathsChooseWakes) {
  BudgetLine line = target(2000);
  line.paths = {"timer(*"};
  EXPECT_EQ(judge_one(line).outcome, Outcome::passed);
  line.paths = {"irq(eth*"};
  EXPECT_EQ(judge_one(line).outcome, Outcome::failed);
  EXPECT_EQ(judge_one(line).count, 150U);
}

TEST(BudgetSums, ALossIsOfTheWholeInput) {
  Summary whole;
  whole.lost = 3;
  EXPECT_EQ(judge_one(expression("lost > 0"), 150, whole).outcome, Outcome::failed);
  EXPECT_EQ(judge_one(expression("lost > 0")).outcome, Outcome::passed);
  whole.partial = Partial::truncated;
  EXPECT_EQ(judge_one(target(9000), 150, whole).outcome, Outcome::not_judged);
}

// Where guest entry can't be seen a target is of the total that there is.
TEST(BudgetSums, ATargetIsOfTheTotalThatMostWakesHave) {
  BudgetSums sums({target(2000)});
  for (int i = 0; i < 100; ++i) {
    sums.add(to_sched_in());
  }
  const VerdictResult result = sums.judge({}, {}, {}).front();
  EXPECT_EQ(result.expression, "p99(total_to_sched_in) > 2us");
  EXPECT_EQ(result.outcome, Outcome::passed);
}

TEST(BudgetSums, CountsDeliveriesByVm) {
  BudgetLine line = expression("deliveries > 0");
  line.vms = {"web-*"};
  BudgetLine other = line;
  other.vms = {"db-*"};
  BudgetSums sums({line, other});
  Delivery delivery;
  for (int i = 0; i < 3; ++i) {
    delivery.who = of("web-1", 0, 0).who;
    sums.add(delivery);
  }
  delivery.who.vm = "db-1";  // the thread is another VM's now
  sums.add(delivery);
  const auto results = sums.judge({}, {}, {});
  EXPECT_EQ(results[0].value, 3.0);
  EXPECT_EQ(results[1].value, 1.0);
}

// Each name is a new one, and each pattern takes the product of both lengths.
TEST(BudgetSums, StopsComparingWhereItWouldTakeTooLong) {
  BudgetLine line = expression("deliveries > 0");
  line.vms = {"*" + std::string(500, 'a') + "b"};
  const BudgetLine all = expression("deliveries > 0");
  BudgetSums sums({line, all});
  Delivery delivery;
  delivery.who = of(std::string(60'000, 'a'), 0, 0).who;
  for (std::uint32_t tid = 0; tid < 60; ++tid) {
    delivery.who.tid = tid;
    sums.add(delivery);
  }
  const auto results = sums.judge({}, {}, {});
  EXPECT_EQ(results[0].outcome, Outcome::not_judged);
  EXPECT_THAT(results[0].reason, HasSubstr("too many names"));
  EXPECT_EQ(results[1].outcome, Outcome::failed);
}

TEST(BudgetSums, SaysSoWhereThereAreTooManyToJudgeEach) {
  BudgetLine line = target(2000);
  line.each = BudgetLine::Each::vcpu;
  BudgetSums sums({line});
  for (std::uint32_t tid = 0; tid <= BudgetSums::kMostGroups; ++tid) {
    WakeChain chain = wake(1000);
    chain.who.tid = tid;
    sums.add(chain);
  }
  const VerdictResult result = sums.judge({}, {}, {}).front();
  EXPECT_EQ(result.outcome, Outcome::not_judged);
  EXPECT_THAT(result.reason, HasSubstr("too many"));
}

}  // namespace wakepath::analysis::testing
