// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/culprit_class.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "analysis/blame_sums.hpp"
#include "analysis/chains.hpp"

namespace wakepath::analysis {
namespace {

using testing::wake;

Blame blame(BlameKind kind, const char* what, std::uint64_t ns,
            std::optional<std::uint32_t> tid = {}) {
  Blame out;
  out.kind = kind;
  out.what = what;
  out.ns = ns;
  out.tid = tid;
  return out;
}

bool takes(const char* text, const Blame& blame, StageKind stage = StageKind::wake_delay) {
  const auto one = parse_culprit_class(text);
  EXPECT_TRUE(one) << text;
  return one && is_in(*one, stage, blame.kind, &blame);
}

TEST(CulpritClass, TakesNamesPatternsAndNumbers) {
  const Blame hog = blame(BlameKind::task, "hog", 1, 178);
  EXPECT_TRUE(takes("task(hog)", hog));
  EXPECT_TRUE(takes("task(178)", hog));
  EXPECT_TRUE(takes("task(h*)", hog));
  EXPECT_TRUE(takes(" task ( hog ) ", hog));
  EXPECT_TRUE(takes("task", hog));
  EXPECT_FALSE(takes("task(ho)", hog));
  EXPECT_FALSE(takes("task(17)", hog));
  EXPECT_FALSE(takes("irq(hog)", hog));
  EXPECT_TRUE(takes("task(kworker/*)", blame(BlameKind::task, "kworker/1:2", 1, 9)));
  EXPECT_TRUE(takes("task([a] (b))", blame(BlameKind::task, "[a] (b)", 1, 9)));
  EXPECT_TRUE(takes("idle_exit(2)", blame(BlameKind::idle_exit, "idle state 2", 1)));
  EXPECT_FALSE(takes("idle_exit(2)", blame(BlameKind::idle_exit, "idle state 12", 1)));
  EXPECT_TRUE(takes("idle_exit", blame(BlameKind::idle_exit, "idle", 1)));
  EXPECT_TRUE(takes("softirq(NET_?X)", blame(BlameKind::softirq, "NET_RX", 1)));
}

TEST(CulpritClass, AnInterruptGoesByItsNameNumberDeviceAndCallback) {
  Blame irq = blame(BlameKind::hardirq, "virtio2-input.0: tick_sched_timer", 1);
  Interrupt interrupt;
  interrupt.irq = 57;
  interrupt.action = "virtio2-input.0";
  interrupt.device = "eth1";
  irq.interrupt = std::make_shared<const Interrupt>(interrupt);
  for (const char* const text : {"irq(57)", "irq(eth1)", "irq(virtio2-*)", "irq(virtio2-input.0)",
                                 "hardirq", "irq(*tick_sched_timer)"}) {
    EXPECT_TRUE(takes(text, irq)) << text;
  }
  EXPECT_FALSE(takes("irq(5)", irq));
  EXPECT_FALSE(takes("irq(eth)", irq));
}

TEST(CulpritClass, AStageIsWhateverTookIt) {
  const auto stage = parse_culprit_class("stage(work_delay)");
  ASSERT_TRUE(stage);
  EXPECT_TRUE(is_in(*stage, StageKind::work_delay, BlameKind::unexplained, nullptr));
  EXPECT_FALSE(is_in(*stage, StageKind::work_run, BlameKind::self, nullptr));
}

TEST(CulpritClass, SaysWhatIsAllowed) {
  for (const char* const text : {"", "hog", "task(", "task()", "self(x)", "task(hog", "stage",
                                 "stage()", "stage(work)", "(hog)", "tasks(hog)"}) {
    const auto one = parse_culprit_class(text);
    ASSERT_FALSE(one) << text;
    EXPECT_EQ(one.error().kind, ErrorKind::usage);
    EXPECT_NE(one.error().message.find("stage"), std::string::npos) << one.error().message;
  }
  EXPECT_NE(parse_culprit_class("tsk(hog)").error().message.find("did you mean 'task'"),
            std::string::npos);
  EXPECT_NE(parse_culprit_class("stage(work_dely)").error().message.find("'work_delay'"),
            std::string::npos);
}

BlameSums sums_without(std::initializer_list<const char*> classes) {
  std::vector<CulpritClass> out;
  for (const char* const text : classes) {
    out.push_back(*parse_culprit_class(text));
  }
  return BlameSums(out);
}

TEST(WhatIf, SparesEachNanosecondOnce) {
  BlameSums sums = sums_without({"task(hog)", "stage(timer_latency)", "irq(57)"});
  WakeChain chain = wake(1'000);
  chain.stages[0].blame = {blame(BlameKind::task, "hog", 40, 7), blame(BlameKind::self, "", 60)};
  chain.stages[1].blame = {blame(BlameKind::task, "hog", 30, 7),
                           blame(BlameKind::task, "make", 170, 8)};
  sums.add(chain);
  sums.add(wake(500, {}));
  const auto what = sums.what_if();
  ASSERT_TRUE(what);
  ASSERT_EQ(what->classes.size(), 3U);
  EXPECT_EQ(what->classes[0].ns, 70U);
  EXPECT_EQ(what->classes[0].wakes, 1U);
  EXPECT_EQ(what->classes[1].ns, 200U) << "100 in each wake, whatever took it";
  EXPECT_EQ(what->classes[1].wakes, 2U);
  EXPECT_EQ(what->classes[2].ns, 0U);
  EXPECT_EQ(what->ns, 230U) << "the 40 of hog in timer_latency count once";
  EXPECT_EQ(what->of_ns, 1'500U);
  EXPECT_EQ(what->now.max_ns, 1'000U);
  EXPECT_EQ(what->then.max_ns, 870U);
  EXPECT_EQ(what->then.min_ns, 400U);
  EXPECT_EQ(what->then.count, 2U);
}

TEST(WhatIf, IsThereOnlyWhereItWasAskedForAndThereAreTotals) {
  BlameSums plain;
  plain.add(wake(500));
  EXPECT_FALSE(plain.what_if());
  BlameSums none = sums_without({"task"});
  none.add(wake(500, {Flag::lossy}));
  EXPECT_FALSE(none.what_if());
}

}  // namespace
}  // namespace wakepath::analysis
