// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/blame_list.hpp"

#include <deque>

#include <gtest/gtest.h>

#include "reconstruct/blame.hpp"
#include "reconstruct/blame_budget.hpp"

namespace wakepath::reconstruct {
namespace {

Holder a_task(std::uint32_t tid) {
  Holder out;
  out.kind = Holder::Kind::task;
  out.tid = tid;
  return out;
}

Blame blame_of(std::uint32_t tid) { return {BlameKind::task, "hog", 0, tid, {}}; }

TEST(BlameList, HasALineForEachOfManyThatTakeTurns) {
  std::vector<Blame> lines;
  BlameList list;
  list.begin(lines);
  std::size_t names = 0;
  for (std::uint32_t turn = 0; turn < 120; ++turn) {
    const std::uint32_t tid = 1 + turn % 40;
    const auto named = [&] {
      ++names;
      return blame_of(tid);
    };
    list.add(list.known(a_task(tid)), tid, named);
  }
  EXPECT_EQ(names, 40U) << "each is named once";
  ASSERT_EQ(lines.size(), 40U);
  for (std::uint32_t tid = 1; tid <= 40; ++tid) {
    EXPECT_EQ(lines[tid - 1].tid, tid);
    EXPECT_EQ(lines[tid - 1].ns, 3 * tid);
  }
}

TEST(BlameList, BeginsAnewWithEachStage) {
  BlameList list;
  for (int stage = 0; stage < 2; ++stage) {
    std::vector<Blame> lines;
    list.begin(lines);
    for (std::uint32_t tid = 1; tid <= 20; ++tid) {
      list.add(list.known(a_task(tid)), tid, [tid] { return blame_of(tid); });
      list.add(blame_of(1000 + tid), 1);
    }
    ASSERT_EQ(lines.size(), 40U);
    EXPECT_EQ(lines[2].tid, 2U);
    EXPECT_EQ(lines[2].ns, 2U);
  }
}

TEST(BlameList, PutsWhatComesBehindTooManyInOneLineAndKeepsTheChainsOwn) {
  std::vector<Blame> lines;
  BlameList list;
  list.begin(lines);
  for (std::uint32_t tid = 1; tid <= 1000; ++tid) {
    list.add(list.known(a_task(tid)), 10, [tid] { return blame_of(tid); });
  }
  list.add(list.known(a_task(2000)), 7, [] { return Blame{BlameKind::self, "", 0, {}, {}}; });
  list.add(list.known(a_task(1)), 5, [] { return blame_of(1); });
  list.add({BlameKind::limit, "freezer", 0, {}, {}}, 3);
  ASSERT_EQ(lines.size(), BlameList::kMostLines + 3);
  EXPECT_EQ(lines[0].ns, 15U);
  const Blame& others = lines[BlameList::kMostLines];
  EXPECT_EQ(others.kind, BlameKind::unexplained);
  EXPECT_EQ(others.what, "others");
  EXPECT_EQ(others.ns, 10 * (1000 - BlameList::kMostLines));
  EXPECT_EQ(lines[BlameList::kMostLines + 1].kind, BlameKind::self);
  EXPECT_EQ(lines[BlameList::kMostLines + 2].what, "freezer");
}

TEST(BlameList, TellsWhatWentOnWhileTheThreadSlept) {
  std::vector<Blame> lines;
  BlameList list;
  list.begin(lines);
  const auto named = [] { return blame_of(1); };
  list.add(list.known(a_task(1)), 4, named);
  list.add_asleep(list.known(a_task(1)), 6, named);
  list.add_asleep(Blame{BlameKind::unexplained, "asleep", 0, {}, {}}, 2);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].ns, 10U);
  EXPECT_EQ(lines[0].asleep_ns, 6U);
  EXPECT_EQ(lines[1].asleep_ns, 2U);
}

// A vCPU's thread is woken to CPU 0, which leaves its idle state for it.
Stage wait_of_a_wake(BlameBudget& budget) {
  std::deque<CpuTimeline> timelines(1);
  Holder idle;
  idle.kind = Holder::Kind::idle;
  idle.idle_below = true;
  idle.number = 1;
  timelines[0].set(1000, idle);
  idle.leaving_idle = true;
  timelines[0].set(2000, idle);
  timelines[0].set(2500, a_task(7));
  const FactStore facts;
  const ThreadTracker threads;
  StageBasis basis;
  basis.waking_ns = 1500;
  basis.waking_cpu = 1;
  basis.sched_in_ns = 2500;
  basis.self_tid = 7;
  Stage stage;
  stage.kind = StageKind::wake_delay;
  stage.begin_ns = 1500;
  stage.end_ns = 3000;
  Blamer(facts, threads, timelines, budget).explain(stage, basis);
  return stage;
}

TEST(BlameBudget, WhatItRefusesIsUnexplainedAndNotDivided) {
  BlameBudget budget;
  EXPECT_FALSE(wait_of_a_wake(budget).sub.empty());
  while (budget.spend(1)) {
  }
  const Stage stage = wait_of_a_wake(budget);
  EXPECT_TRUE(stage.sub.empty());
  ASSERT_EQ(stage.blame.size(), 1U);
  EXPECT_EQ(stage.blame[0].kind, BlameKind::unexplained);
  EXPECT_EQ(stage.blame[0].ns, 1500U);
}

TEST(BlameBudget, GrowsWithTheEventsAndCountsWhatItRefuses) {
  BlameBudget budget;
  std::uint64_t spent = 0;
  while (budget.spend(4096)) {
    spent += 4096;
  }
  EXPECT_GE(spent, 1'000'000U) << "a short stream is looked at whole";
  EXPECT_EQ(budget.refused(), 1U);
  for (int i = 0; i < 32; ++i) {
    budget.grant();
  }
  EXPECT_TRUE(budget.spend(4096));
  EXPECT_FALSE(budget.spend(4096));
  EXPECT_EQ(budget.refused(), 2U);
}

}  // namespace
}  // namespace wakepath::reconstruct
