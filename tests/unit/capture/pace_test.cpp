// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/pace.hpp"

#include <gtest/gtest.h>

#include "capture/bpf/ring_size.hpp"

namespace wakepath::capture {
namespace {

constexpr std::uint64_t ms = 1'000'000;
constexpr std::size_t ring = 1 << 20;

// Drains at its own pace; each ms brings `rate` bytes. Gives the sleep that it settles at.
std::uint64_t settle(Pace& pace, std::uint64_t& now, std::size_t rate, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    const std::uint64_t slept = pace.sleep_ns();
    now += slept;
    pace.drained(now, static_cast<std::size_t>(slept * rate / ms));
  }
  return pace.sleep_ns();
}

TEST(Pace, KeepsThePollIntervalWhereLittleComes) {
  Pace pace(20 * ms, ring);
  std::uint64_t now = 1000 * ms;
  EXPECT_EQ(settle(pace, now, 100, 20), 20 * ms);
  EXPECT_EQ(settle(pace, now, 0, 3), 20 * ms);
}

TEST(Pace, BeginsWithShortSleeps) { EXPECT_LT(Pace(20 * ms, ring).sleep_ns(), 5 * ms); }

TEST(Pace, LetsNoRingFillByMoreThanAQuarter) {
  Pace pace(20 * ms, ring);
  std::uint64_t now = 1000 * ms;
  const std::uint64_t sleep = settle(pace, now, 60'000, 20);
  EXPECT_NEAR(static_cast<double>(sleep), 4.37e6, 0.1e6);
  EXPECT_EQ(settle(pace, now, 100, 20), 20 * ms);
}

TEST(Pace, ComesBackSoonAfterAFullRing) {
  Pace pace(20 * ms, 4096);
  std::uint64_t now = 1000 * ms;
  settle(pace, now, 0, 20);
  pace.drained(now + 20 * ms, 4096);
  EXPECT_EQ(pace.sleep_ns(), 5 * ms);
}

TEST(RingSize, AMegabyteUntilTheCap) {
  EXPECT_EQ(ring_size(std::nullopt, 2, 4096).value().events, 1U << 20);
  EXPECT_EQ(ring_size(std::nullopt, 256, 4096).value().events, 1U << 20);
  EXPECT_EQ(ring_size(std::nullopt, 257, 4096).value().events, 1U << 19);
  EXPECT_EQ(ring_size(std::nullopt, 4096, 4096).value().events, 1U << 16);
  EXPECT_EQ(ring_size(std::nullopt, 4096, 65536).value().events, 1U << 16);
}

TEST(RingSize, TakesWhatIsAskedWhereItIsPossible) {
  EXPECT_EQ(ring_size(4096, 2, 4096).value().events, 4096U);
  EXPECT_EQ(ring_size(4096, 2, 4096).value().side, 4096U);
  EXPECT_EQ(ring_size(std::nullopt, 2, 4096).value().side, 1U << 18);
  for (const std::size_t wrong : {0UL, 2048UL, 5000UL, 1UL << 31}) {
    const auto size = ring_size(wrong, 2, 4096);
    ASSERT_FALSE(size) << wrong;
    EXPECT_EQ(size.error().kind, ErrorKind::usage);
  }
  EXPECT_FALSE(ring_size(4096, 2, 65536));
}

}  // namespace
}  // namespace wakepath::capture
