// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/course.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "analysis/analysis.hpp"
#include "analysis/chains.hpp"
#include "analysis/worst_wakes.hpp"

namespace wakepath::analysis {
namespace {

using testing::wake;

TEST(Spread, CountsExactlyAtItsBounds) {
  Spread spread;
  for (const std::uint64_t ns : {99U, 100U, 199U, 200U, 999U, 1'000U}) {
    spread.add(ns);
  }
  const std::vector<SpreadRow> rows = spread.rows();
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0].from_ns, 0U);
  EXPECT_EQ(rows[0].below_ns, 100U);
  EXPECT_EQ(rows[0].count, 1U);
  EXPECT_EQ(rows[1].count, 2U);
  EXPECT_EQ(rows[2].count, 1U);
  EXPECT_EQ(rows[3].from_ns, 500U);
  EXPECT_EQ(rows[3].count, 1U);
  EXPECT_EQ(rows[4].from_ns, 1'000U);
  EXPECT_EQ(rows[4].count, 1U);
}

TEST(Spread, KeepsWhatIsLongerThanAllBounds) {
  Spread spread;
  spread.add(~std::uint64_t{0});
  const std::vector<SpreadRow> rows = spread.rows();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_FALSE(rows[0].below_ns);
}

TEST(Course, GrowsItsPartsAndLosesNoWake) {
  Course course;
  course.begin(1'000);
  std::uint64_t worst = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const std::uint64_t ns = (i * 7919) % 100'003;
    worst = std::max(worst, ns);
    course.add(1'000 + i * 1'000'000, ns);
  }
  const std::vector<WorstOfTime> parts = course.rows();
  EXPECT_LE(parts.size(), Course::kMost);
  EXPECT_GT(parts.size(), Course::kMost / 2);
  EXPECT_EQ(
      std::accumulate(parts.begin(), parts.end(), std::uint64_t{0},
                      [](std::uint64_t sum, const WorstOfTime& part) { return sum + part.wakes; }),
      10'000U);
  EXPECT_EQ(std::ranges::max_element(parts, {}, &WorstOfTime::max_ns)->max_ns, worst);
  EXPECT_EQ(parts.front().begin_ns, 1'000U);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    EXPECT_EQ(parts[i].begin_ns, parts[i - 1].end_ns);
  }
}

TEST(Slowest, KeepsTheSlowestAndOfEqualsTheFirst) {
  Slowest slowest(3);
  WorstWakes worst(3);
  std::uint64_t id = 0;
  for (const std::uint64_t ns : {500U, 900U, 700U, 900U, 600U, 700U}) {
    WakeChain chain = wake(ns);
    chain.id = ++id;
    slowest.add(chain);
    worst.add(chain);
  }
  const std::vector<SlowWake> rows = slowest.rows();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].id, 2U);
  EXPECT_EQ(rows[1].id, 4U);
  EXPECT_EQ(rows[2].id, 3U);
  EXPECT_EQ(rows[0].stage, StageKind::vcpu_entry);
  EXPECT_EQ(rows[0].stage_ns, 600U);
  const std::vector<WakeChain> whole = worst.take();
  ASSERT_EQ(whole.size(), 3U);
  EXPECT_EQ(whole[2].id, 3U);
}

TEST(Analysis, RanksTheWorstFirstAndCountsWhatIsOverTheTarget) {
  AnalysisOptions options;
  options.target_ns = 600;
  Analysis analysis(options);
  analysis.add(wake(500));
  analysis.add(wake(600));
  analysis.add(wake(601));
  WakeChain other = wake(9'000, {}, "irq(eth*)>vcpu", "web");
  other.who.vcpu = 3;
  analysis.add(other);
  const Summary summary = analysis.summary();
  ASSERT_TRUE(summary.target);
  EXPECT_EQ(summary.target->over, 2U);
  EXPECT_EQ(summary.target->of, 4U);
  ASSERT_EQ(summary.ranking.size(), 2U);
  EXPECT_EQ(summary.ranking[0].vm, "web");
  EXPECT_EQ(summary.ranking[0].vcpu, 3U);
  EXPECT_EQ(summary.ranking[1].count, 3U);
  EXPECT_EQ(summary.ranking[1].over_target, 1U);
  EXPECT_EQ(summary.ranking[1].path, "*");
}

TEST(Analysis, RanksByRootCpuAndStage) {
  for (const auto& [by, first, rows] :
       {std::tuple(Ranking::root, "irq(eth*)", 2U), std::tuple(Ranking::cpu, "CPU 1", 1U),
        std::tuple(Ranking::path, "irq(eth*)>vcpu", 2U)}) {
    AnalysisOptions options;
    options.by = by;
    Analysis analysis(options);
    analysis.add(wake(500));
    analysis.add(wake(900, {}, "irq(eth*)>vcpu"));
    const Summary summary = analysis.summary();
    ASSERT_EQ(summary.ranking.size(), rows);
    EXPECT_EQ(summary.ranking[0].path, first);
    EXPECT_EQ(summary.ranking[0].max_ns, 900U);
  }
}

}  // namespace
}  // namespace wakepath::analysis
