// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/effect_sample.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace wakepath::analysis::testing {

namespace {

constexpr std::uint64_t kMs = 1'000'000;

// A wake each ms, of `total` ns, of which the culprit had `lost`.
WakeChain wake_at(std::uint64_t number, std::uint64_t total, std::uint64_t lost,
                  std::uint32_t tid = 300) {
  WakeChain chain;
  chain.who = {"guest", 95, 0, 96};
  chain.begin_ns = (number + 1) * kMs;
  chain.end_ns = chain.begin_ns + total;
  Blame hog;
  hog.kind = BlameKind::task;
  hog.what = "hog";
  hog.tid = tid;
  hog.ns = lost;
  chain.stages = {{StageKind::wake_delay, chain.begin_ns, chain.end_ns, 1, "", {}, {hog}}};
  return chain;
}

BlameRow row_of(std::uint32_t tid) {
  BlameRow row;
  row.kind = BlameKind::task;
  row.what = "hog";
  row.tid = tid;
  return row;
}

void expect_near(const std::optional<ChangeInterval>& change, std::int64_t ns) {
  ASSERT_TRUE(change);
  EXPECT_LE(change->low_ns, change->high_ns);
  // Values are kept to three digits.
  EXPECT_NEAR(static_cast<double>(change->low_ns), static_cast<double>(ns), 200);
  EXPECT_NEAR(static_cast<double>(change->high_ns), static_cast<double>(ns), 200);
}

}  // namespace

TEST(EffectSample, AnEffectOnEachWakeIsSure) {
  EffectSample sample;
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    sample.add(wake_at(i, 100'000, 40'000));
  }
  const ChangeIntervals change = sample.without(row_of(300));
  expect_near(change.p50, -40'000);
  expect_near(change.p99, -40'000);
}

// It takes 500 us from each 50th wake: p99 knows, p50 does not.
TEST(EffectSample, AnEffectOnTheTailIsOneOnTheTail) {
  EffectSample sample;
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    sample.add(i % 50 == 0 ? wake_at(i, 600'000, 500'000) : wake_at(i, 100'000, 0));
  }
  const ChangeIntervals change = sample.without(row_of(300));
  expect_near(change.p50, 0);
  ASSERT_TRUE(change.p99);
  EXPECT_LT(change.p99->high_ns, -400'000);
}

TEST(EffectSample, TellsCulpritsApart) {
  EffectSample sample;
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    sample.add(wake_at(i, 100'000, 40'000, 300));
  }
  EXPECT_FALSE(sample.without(row_of(301)).p50);
}

TEST(EffectSample, ClaimsNothingOfTooFewOrTooShort) {
  EffectSample few;
  for (std::uint64_t i = 0; i < 900; ++i) {
    few.add(wake_at(i, 100'000, 40'000));
  }
  EXPECT_TRUE(few.without(row_of(300)).p50);
  EXPECT_FALSE(few.without(row_of(300)).p99) << "nine measurements lie beyond it";
  EffectSample brief;
  for (std::uint64_t i = 0; i < 400; ++i) {
    brief.add(wake_at(i, 100'000, 40'000));
  }
  EXPECT_FALSE(brief.without(row_of(300)).p50) << "0.4 s are too few blocks";
  EXPECT_FALSE(EffectSample().without(row_of(300)).p50);
}

// Many VMs, each of few wakes: all their intervals together take a bounded time.
TEST(EffectSample, ManySamplesDoWithoutIntervalsInTheEnd) {
  std::vector<ChangedWake> wakes;
  for (std::uint64_t i = 0; i < 20; ++i) {
    wakes.push_back({i * 50 * kMs, 100'000 + i * 1'000, 50'000});
  }
  Resampling shared(0);
  EXPECT_TRUE(change_intervals(wakes, shared).p50);
  EXPECT_EQ(shared.refused(), 0U);
  // What it costs is told beforehand: nothing needs to be drawn for the count.
  std::size_t afforded = 0;
  while (shared.afford(20, 5'000, 1'000) != 0) {
    ASSERT_LT(++afforded, 1'000U);
  }
  EXPECT_GT(afforded, 10U);
  EXPECT_FALSE(
      change_intervals(std::vector<ChangedWake>(wakes.begin(), wakes.end() - 1), shared).p50);
  EXPECT_EQ(shared.refused(), 1U) << "19 wakes can have none, and ask for nothing";
}

// The interval of a change that differs from wake to wake holds the true one, nearly always.
TEST(EffectSample, AnIntervalHoldsTheTrueChange) {
  std::uint64_t state = 7;
  const auto random = [&state] {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return state >> 33U;
  };
  int held = 0;
  constexpr int kTries = 40;
  for (int trial = 0; trial < kTries; ++trial) {
    std::vector<ChangedWake> wakes;
    for (std::uint64_t i = 0; i < 1'000; ++i) {
      // Uniform over 100 us to 200 us before, half of that after.
      const std::uint64_t total = 100'000 + random() % 100'000;
      wakes.push_back({i * kMs, total, total / 2});
    }
    Resampling alone(wakes.size());
    const ChangeIntervals change = change_intervals(wakes, alone);
    ASSERT_TRUE(change.p50);
    held += change.p50->low_ns <= -75'000 && -75'000 <= change.p50->high_ns ? 1 : 0;
  }
  EXPECT_GE(held, kTries * 85 / 100);
}

}  // namespace wakepath::analysis::testing
