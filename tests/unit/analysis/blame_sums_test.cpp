// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/blame_sums.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>

#include <gtest/gtest.h>

#include "analysis/chains.hpp"

namespace wakepath::analysis {
namespace {

using testing::wake;

Blame task(const char* comm, std::uint32_t tid, std::uint64_t ns) {
  Blame blame;
  blame.kind = BlameKind::task;
  blame.what = comm;
  blame.tid = tid;
  blame.ns = ns;
  return blame;
}

const BlameRow* find(const BlameGroup& group, std::string_view what) {
  for (const BlameRow& row : group.rows) {
    if (row.what == what) {
      return &row;
    }
  }
  return nullptr;
}

std::uint64_t sum(const BlameGroup& group) {
  return std::accumulate(group.rows.begin(), group.rows.end(), group.rest_ns,
                         [](std::uint64_t ns, const BlameRow& row) { return ns + row.ns; });
}

TEST(BlameSums, RowsSumToTheTimeOfTheWakesInEachGroup) {
  BlameSums sums;
  WakeChain chain = wake(1'000);
  chain.stages[1].blame = {task("hog", 7, 30), task("make", 8, 20)};
  chain.stages[2].blame = {task("hog", 7, 5)};
  sums.add(chain);
  sums.add(wake(500));
  const std::vector<BlameGroup> groups = sums.groups();
  ASSERT_FALSE(groups.empty());
  EXPECT_EQ(groups[0].total, "total");
  EXPECT_EQ(groups[0].wakes, 2U);
  EXPECT_EQ(groups[0].ns, 1'500U);
  std::uint64_t by_stage = 0;
  std::uint64_t by_cpu = 0;
  for (const BlameGroup& group : groups) {
    EXPECT_EQ(sum(group), group.ns);
    by_stage += group.stage ? group.ns : 0;
    by_cpu += group.cpu ? group.ns : 0;
  }
  EXPECT_EQ(by_stage, 1'500U);
  EXPECT_EQ(by_cpu, 1'500U);
  const BlameRow* const hog = find(groups[0], "hog");
  ASSERT_NE(hog, nullptr);
  EXPECT_EQ(hog->ns, 35U);
  EXPECT_EQ(hog->wakes, 1U) << "one wake, in however many stages";
  EXPECT_EQ(hog->worst_ns, 35U);
  EXPECT_EQ(hog->tid, 7U);
}

TEST(BlameSums, WithoutACulpritEachWakeIsShorterByWhatItLostToIt) {
  BlameSums sums;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    WakeChain chain = wake(1'000 + i);
    if (i > 90) {
      for (std::uint64_t* const later : {&chain.stages[1].end_ns, &chain.stages[2].begin_ns,
                                         &chain.stages[2].end_ns, &chain.end_ns}) {
        *later += 100'000;
      }
      chain.stages[1].blame = {task("hog", 7, 100'000)};
    }
    sums.add(chain);
  }
  const std::vector<BlameGroup> groups = sums.groups();
  EXPECT_NEAR(static_cast<double>(groups[0].p99_ns.value_or(0)), 101'099, 101);
  const BlameRow* const hog = find(groups[0], "hog");
  ASSERT_NE(hog, nullptr);
  EXPECT_EQ(hog->p99_without_ns, 1'099U);
  EXPECT_EQ(hog->p50_without_ns, 1'050U);
}

TEST(BlameSums, TwoInterruptsOfOneNameAreTwoCulprits) {
  BlameSums sums;
  for (const std::uint32_t irq : {57U, 58U}) {
    Interrupt one;
    one.irq = irq;
    one.action = "xhci_hcd";
    WakeChain chain = wake(1'000);
    chain.stages[1].blame = {
        {BlameKind::hardirq, one.action, irq, {}, {}, std::make_shared<const Interrupt>(one)}};
    sums.add(chain);
  }
  std::vector<std::uint32_t> seen;
  const std::vector<BlameGroup> groups = sums.groups();
  for (const BlameRow& row : groups[0].rows) {
    if (row.interrupt) {
      EXPECT_EQ(row.ns, row.interrupt->irq);
      seen.push_back(row.interrupt->irq);
    }
  }
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{58, 57})) << "the one that took most first";
}

TEST(BlameSums, AWakeThatMovedSaysNothingOfCpus) {
  BlameSums sums;
  sums.add(wake(1'000, {Flag::migrated}));
  for (const BlameGroup& group : sums.groups()) {
    EXPECT_FALSE(group.cpu);
  }
}

TEST(BlameSums, TheLeastAreOneRowWhereThereAreTooMany) {
  BlameSums sums;
  std::uint64_t all = 0;
  for (std::uint32_t i = 0; i < 4 * kMostCulprits; ++i) {
    WakeChain chain = wake(100'000);
    chain.stages[2].blame = {task("task", i + 1, 100 + i)};
    all += 100'000;
    sums.add(chain);
  }
  const std::vector<BlameGroup> groups = sums.groups();
  EXPECT_EQ(groups[0].rows.size(), kMostCulprits);
  EXPECT_GT(groups[0].rest_ns, 0U);
  EXPECT_EQ(groups[0].ns, all);
  EXPECT_EQ(sum(groups[0]), all);
  EXPECT_EQ(groups[0].rows[1].ns, 100 + 4 * kMostCulprits - 1) << "the one that took most is kept";
}

TEST(BlameSums, OneThatComesAgainAfterThousandsOfOthersIsTheSame) {
  BlameSums sums;
  std::uint64_t all = 0;
  const auto add = [&](std::uint32_t tid, std::uint64_t ns) {
    WakeChain chain = wake(100'000);
    chain.stages[2].blame = {task("task", tid, ns)};
    all += 100'000;
    sums.add(chain);
  };
  constexpr std::uint32_t kOthers = 10'000;
  for (std::uint32_t i = 0; i < kOthers; ++i) {
    add(1000 + i, 10);
    if (i % 100 == 0) {
      add(1, 20'000);
    }
  }
  const BlameGroup group = sums.groups().front();
  EXPECT_EQ(sum(group), all);
  const auto again = std::ranges::find(group.rows, std::optional<std::uint32_t>(1), &BlameRow::tid);
  ASSERT_NE(again, group.rows.end());
  EXPECT_EQ(again->wakes, kOthers / 100);
  EXPECT_EQ(again->ns, std::uint64_t{20'000} * kOthers / 100);
  EXPECT_EQ(again->worst_ns, 20'000U);
}

TEST(BlameSums, AWakeWithoutATotalIsLeftOut) {
  BlameSums sums;
  sums.add(wake(1'000, {Flag::lossy}));
  sums.add(wake(1'000, {Flag::no_root}));
  EXPECT_TRUE(sums.groups().empty());
}

}  // namespace
}  // namespace wakepath::analysis
