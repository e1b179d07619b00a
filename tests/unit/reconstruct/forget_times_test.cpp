// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/forget_times.hpp"

#include <gtest/gtest.h>

namespace wakepath::reconstruct {
namespace {

constexpr std::uint64_t kNever = UINT64_MAX;

order::LossInterval loss(std::uint64_t begin_ns, std::uint64_t end_ns) {
  return {std::nullopt, begin_ns, end_ns, 1, order::LossInterval::Kind::lost};
}

TEST(LossTimesTest, StateIsVoidFromTheBeginOfALossAndAgainAfterItsEnd) {
  LossTimes times;
  LossTimes::Cpu cpu;
  EXPECT_EQ(times.take(cpu, 10), kNever);
  times.add(loss(20, 29), nullptr);
  EXPECT_EQ(times.take(cpu, 19), kNever);
  EXPECT_EQ(times.take(cpu, 25), 20U);
  EXPECT_EQ(times.take(cpu, 26), kNever) << "an event said what has the CPU";
  EXPECT_EQ(times.take(cpu, 31), 30U);
  EXPECT_EQ(times.take(cpu, 32), kNever);
}

TEST(LossTimesTest, ALossOfOneCpuIsNotThatOfAnother) {
  LossTimes times;
  LossTimes::Cpu one;
  LossTimes::Cpu other;
  times.add(loss(20, 29), &one);
  EXPECT_EQ(times.take(other, 50), kNever);
  EXPECT_EQ(times.take(one, 50), 20U) << "without an event in between, the first counts";
  EXPECT_EQ(times.take(one, 51), kNever);
}

TEST(LossTimesTest, ALossThatIsToldLateCountsFromTheNextEventOn) {
  LossTimes times;
  LossTimes::Cpu cpu;
  EXPECT_EQ(times.take(cpu, 100), kNever);
  times.add(loss(40, 50), &cpu);
  EXPECT_EQ(times.take(cpu, 101), 100U);
  times.add(loss(41, 51), nullptr);
  EXPECT_EQ(times.take(cpu, 102), 101U);
  EXPECT_EQ(times.take(cpu, 103), kNever);
}

TEST(LossTimesTest, InAStormWhatIsDroppedCountsAsOneLoss) {
  LossTimes times;
  LossTimes::Cpu asleep;
  LossTimes::Cpu awake;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    times.add(loss(1000 + 10 * i, 1000 + 10 * i + 4), nullptr);
  }
  EXPECT_EQ(times.take(asleep, 200'000), 1000U) << "from the first loss on nothing is known";
  EXPECT_EQ(times.take(asleep, 200'001), kNever);
  EXPECT_NE(times.take(awake, 2000), kNever);
  EXPECT_NE(times.take(awake, 2001), kNever) << "here it is not known any more where they were";
}

}  // namespace
}  // namespace wakepath::reconstruct
