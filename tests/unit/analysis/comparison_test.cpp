// SPDX-License-Identifier: GPL-2.0-or-later
// Recordings made by a generator with a seed: wakes that follow each other are alike, as real ones.
#include "analysis/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace wakepath::analysis {
namespace {

struct Load {
  std::uint64_t seed{};
  double stretch{1};        // of wake_delay
  double like_before{0.7};  // how much a wake is like the one before it
  std::size_t wakes{3'000};
  const char* path{"timer(f)>vcpu"};
};

// Numbers of our own, for the standard's distributions differ from library to library.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed * 2 + 1) {}
  double normal() {
    double sum = 0;
    for (int i = 0; i < 12; ++i) {
      sum += static_cast<double>(engine_() >> 11U) / static_cast<double>(1ULL << 53U);
    }
    return sum - 6;
  }

 private:
  std::mt19937_64 engine_;
};

void record(SideCollector& side, const Load& load) {
  side.begin("a file");
  Header header;
  header.begin_ns = 5'000;
  ASSERT_TRUE(side.header(header));
  Draw draw(load.seed);
  double state = draw.normal();
  std::uint64_t at = 5'000;
  for (std::size_t i = 0; i < load.wakes; ++i) {
    at += 1'000'000;
    state = load.like_before * state +
            std::sqrt(1 - load.like_before * load.like_before) * draw.normal();
    const auto wait = static_cast<std::uint64_t>(20'000 * std::exp(0.4 * state) * load.stretch);
    const auto entry = static_cast<std::uint64_t>(6'000 * std::exp(0.2 * draw.normal()));
    WakeChain chain;
    chain.who = {"web", 95, 0, 96};
    chain.path = load.path;
    chain.begin_ns = at;
    chain.end_ns = at + wait + entry;
    chain.stages = {{StageKind::wake_delay, at, at + wait, 1, "", {}, {}},
                    {StageKind::vcpu_entry, at + wait, chain.end_ns, 1, "", {}, {}}};
    ASSERT_TRUE(side.wake(chain));
  }
  Summary summary;
  summary.wakes = load.wakes;
  summary.duration_ns = at - 5'000;
  ASSERT_TRUE(side.summary(summary));
}

Result<Comparison> compared(const Load& before, const Load& after, CompareOptions options = {}) {
  SideCollector a;
  SideCollector b;
  record(a, before);
  record(b, after);
  options.resamples = 300;
  return compare(a, b, options);
}

TEST(ComparisonStatistics, FindsNoChangeInTwoRecordingsOfOneLoad) {
  std::size_t found = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto result = compared({.seed = 2 * seed}, {.seed = 2 * seed + 1});
    ASSERT_TRUE(result);
    EXPECT_GT(result->looked_at, 6U);
    found +=
        std::ranges::any_of(result->rows,
                            [](const ChangeRow& row) {
                              return row.change == Change::worse || row.change == Change::better;
                            })
            ? 1U
            : 0U;
  }
  EXPECT_LE(found, 1U);
}

TEST(ComparisonStatistics, FindsAStageThatIsAFifthSlower) {
  std::size_t missed = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto result = compared({.seed = 2 * seed}, {.seed = 2 * seed + 1, .stretch = 1.2});
    ASSERT_TRUE(result);
    const auto stage = std::ranges::find_if(result->rows, [](const ChangeRow& row) {
      return row.stage == "wake_delay" && row.quantity == "p50";
    });
    ASSERT_NE(stage, result->rows.end());
    missed += stage->change == Change::worse ? 0U : 1U;
    for (const ChangeRow& row : result->rows) {
      EXPECT_FALSE(row.stage == "vcpu_entry" && row.change == Change::worse) << row.quantity;
    }
  }
  EXPECT_LE(missed, 1U);
}

// The p50 of two sides that are alike: the true difference is 0.
TEST(ComparisonStatistics, AnIntervalHoldsTheTruthInNineteenOfTwenty) {
  std::size_t holds = 0;
  constexpr std::size_t kTries = 120;
  for (std::uint64_t seed = 0; seed < kTries; ++seed) {
    const auto result = compared({.seed = 1'000 + 2 * seed, .wakes = 1'500},
                                 {.seed = 1'001 + 2 * seed, .wakes = 1'500});
    ASSERT_TRUE(result);
    const Difference& by = result->rows.front().difference;
    holds += by.low <= 0 && 0 <= by.high ? 1U : 0U;
  }
  EXPECT_GE(holds, kTries * 89 / 100);
  EXPECT_LE(holds, kTries * 99 / 100);
}

TEST(Comparison, GivesTheSameForTheSameSeed) {
  const auto one = compared({.seed = 1}, {.seed = 2});
  const auto two = compared({.seed = 1}, {.seed = 2});
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->rows.front().difference.low, two->rows.front().difference.low);
  EXPECT_EQ(one->rows.front().difference.high, two->rows.front().difference.high);
}

TEST(Comparison, DoesNotJudgeWhatIsTooLittle) {
  const auto result = compared({.seed = 1, .wakes = 40}, {.seed = 2, .stretch = 3, .wakes = 40});
  ASSERT_TRUE(result);
  for (const ChangeRow& row : result->rows) {
    EXPECT_EQ(row.change, Change::unsure);
  }
  EXPECT_EQ(result->looked_at, 0U);
}

TEST(Comparison, RefusesWhatHasNothingInCommon) {
  EXPECT_FALSE(compared({.seed = 1}, {.seed = 2, .path = "irq(eth*)>vcpu"}));
  SideCollector none;
  SideCollector some;
  none.begin("empty");
  ASSERT_TRUE(none.header({}));
  ASSERT_TRUE(none.summary({}));
  record(some, {.seed = 1});
  EXPECT_FALSE(compare(none, some, {}));
}

// Two VMs, the first one with two vCPUs, on two paths; one wake is the longest by far.
void record_two_vms(SideCollector& side, std::uint64_t longest) {
  side.begin("a file");
  ASSERT_TRUE(side.header({}));
  for (std::uint32_t i = 0; i < 3'000; ++i) {
    WakeChain chain;
    chain.who = {i % 3 == 2 ? "db" : "web", i % 3 == 2 ? 70U : 95U, i % 3 == 1 ? 1U : 0U,
                 100 + i % 3};
    chain.path = i % 3 == 2 ? "irq(7)>vcpu" : "timer(f)>vcpu";
    chain.begin_ns = i * std::uint64_t{1'000'000};
    chain.end_ns = chain.begin_ns + (i == 1'500 ? longest : 10'000 + i);
    chain.stages = {{StageKind::wake_delay, chain.begin_ns, chain.end_ns, 1, "", {}, {}}};
    ASSERT_TRUE(side.wake(chain));
  }
  Summary summary;
  summary.wakes = 3'000;
  summary.duration_ns = 3'000'000'000;
  ASSERT_TRUE(side.summary(summary));
}

TEST(Comparison, TellsGroupsOfAllKindsAndTheLongestWakeExactly) {
  SideCollector a;
  SideCollector b;
  record_two_vms(a, 987'654'321);
  record_two_vms(b, 123'456'789);
  const auto result = compare(a, b, {.resamples = 50, .fail_on = {}});
  ASSERT_TRUE(result);
  std::vector<std::string> found;
  for (const ChangeRow& row : result->rows) {
    if (row.quantity == "max") {
      found.push_back(fmt::format("{} {} {} {} {:.0f} {:.0f}", row.vm,
                                  row.vcpu ? std::to_string(*row.vcpu) : "-", row.path, row.stage,
                                  row.difference.before, row.difference.after));
      EXPECT_EQ(row.change, Change::unsure);
    }
  }
  const std::string most = "987654321 123456789";
  EXPECT_EQ(found, (std::vector<std::string>{
                       "* - * total " + most, "web - * total " + most, "db 0 * total 12999 12999",
                       "web 0 * total " + most, "web 1 * total 12998 12998",
                       "* - irq(7)>vcpu total 12999 12999", "* - timer(f)>vcpu total " + most,
                       "* - * wake_delay " + most, "* - irq(7)>vcpu wake_delay 12999 12999",
                       "* - timer(f)>vcpu wake_delay " + most, "db - * wake_delay 12999 12999",
                       "web - * wake_delay " + most}));
}

// `vms` VMs of two vCPUs each.
void record_many(SideCollector& side, std::uint32_t vms) {
  side.begin("a file");
  ASSERT_TRUE(side.header({}));
  for (std::uint32_t i = 0; i < vms * 60; ++i) {
    WakeChain chain;
    chain.who = {fmt::format("vm{}", i % vms), i % vms, i / vms % 2, 10'000 + i % (2 * vms)};
    chain.path = "timer(f)>vcpu";
    chain.begin_ns = i * std::uint64_t{1'000'000};
    chain.end_ns = chain.begin_ns + 10'000;
    chain.stages = {{StageKind::wake_delay, chain.begin_ns, chain.end_ns, 1, "", {}, {}}};
    ASSERT_TRUE(side.wake(chain));
  }
  Summary summary;
  summary.duration_ns = vms * std::uint64_t{60'000'000};
  ASSERT_TRUE(side.summary(summary));
}

std::size_t rows_of(const Comparison& of, const std::string& stage, bool all_vms) {
  return static_cast<std::size_t>(std::ranges::count_if(of.rows, [&](const ChangeRow& row) {
    return row.quantity == "max" && row.stage == stage && (row.vm == "*") == all_vms;
  }));
}

TEST(Comparison, LooksAtSoManyGroupsOfEachKind) {
  for (const std::uint32_t vms : {1U, 150U}) {
    SideCollector a;
    SideCollector b;
    record_many(a, vms);
    record_many(b, vms);
    const auto result = compare(a, b, {.resamples = 20, .fail_on = {}});
    ASSERT_TRUE(result);
    // The VM itself is told apart from all wakes only where there are several.
    EXPECT_EQ(rows_of(*result, "total", false), vms == 1 ? 2U : 150U + 200U);
    EXPECT_EQ(result->left_out, vms == 1 ? 0U : 100U);
    EXPECT_EQ(rows_of(*result, "wake_delay", true), 1U);
  }
}

TEST(Comparison, JudgesChangesByExpressions) {
  CompareOptions options;
  options.fail_on = {"p50(wake_delay) > +10%", "p50(wake_delay) > +30%", "p50(vcpu_entry) > +0%",
                     "p50(wake_delay) >= +1us", "p50(work_delay) > +1%"};
  const auto result = compared({.seed = 1}, {.seed = 2, .stretch = 1.2}, options);
  ASSERT_TRUE(result);
  ASSERT_EQ(result->verdicts.size(), 5U);
  using Outcome = VerdictResult::Outcome;
  EXPECT_EQ(result->verdicts[0].outcome, Outcome::failed);
  EXPECT_EQ(result->verdicts[1].outcome, Outcome::passed);
  EXPECT_EQ(result->verdicts[2].outcome, Outcome::passed) << "chance explains it";
  EXPECT_EQ(result->verdicts[3].outcome, Outcome::failed);
  EXPECT_EQ(result->verdicts[4].outcome, Outcome::not_judged);
}

TEST(ChangeVerdict, SaysWhatItCantRead) {
  for (const char* const text :
       {"", "p99", "p99(total)", "p99(total) > 10%", "p99(total) < +10%", "p98(total) > +10%",
        "p99(totl) > +10%", "p99(total) > +10", "over(total) > +1us", "p99(total) > +x%"}) {
    EXPECT_FALSE(parse_change_verdict(text)) << text;
  }
  for (const char* const text :
       {"p99(total) > +10%", "p50( wake_delay )>=+20us", "over(total) > +50%"}) {
    EXPECT_TRUE(parse_change_verdict(text)) << text;
  }
}

TEST(BlockSample, TakesQuantilesOfWeightedBlocks) {
  BlockSample sample;
  for (std::uint32_t i = 1; i <= 100; ++i) {
    sample.add(i, i <= 50 ? 0 : 1);
  }
  sample.close();
  EXPECT_EQ(sample.quantile(0.5), 50U);
  EXPECT_EQ(sample.quantile(0.99), 99U);
  const std::vector<std::uint16_t> only_second{0, 1};
  EXPECT_EQ(sample.quantile(0.5, only_second), 75U);
  EXPECT_DOUBLE_EQ(sample.over(90), 0.1);
  EXPECT_DOUBLE_EQ(sample.over(90, only_second), 0.2);
}

TEST(CriticalValue, IsThatOfTheNormalAndGrowsWithTheTests) {
  EXPECT_NEAR(critical_value(0.05, 1), 1.95996, 1e-4);
  EXPECT_NEAR(critical_value(0.05, 10), 2.80703, 1e-4);
}

}  // namespace
}  // namespace wakepath::analysis
