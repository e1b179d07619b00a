// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/time_of_day.hpp"

#include <gtest/gtest.h>

namespace wakepath::capture {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;

}  // namespace

TEST(TimeOfDay, TellsAJumpOnce) {
  std::optional<std::uint64_t> offset = 50 * kSecondNs;
  TimeOfDay time([&offset] { return offset; });
  time.told(*offset);
  EXPECT_EQ(time.news(10 * kSecondNs), std::nullopt);
  offset = 40 * kSecondNs;
  EXPECT_EQ(time.news(11 * kSecondNs - 1), std::nullopt) << "it looks once a second";
  EXPECT_EQ(time.news(11 * kSecondNs), (TimeOfDayFact{40 * kSecondNs, 11 * kSecondNs}));
  EXPECT_EQ(time.news(12 * kSecondNs), std::nullopt);
}

TEST(TimeOfDay, TellsNothingOfWhatIsNoJumpOrNotKnown) {
  std::optional<std::uint64_t> offset = 50 * kSecondNs;
  TimeOfDay time([&offset] { return offset; });
  EXPECT_EQ(time.news(10 * kSecondNs), std::nullopt) << "the stream has told no time of day";
  time.told(*offset + 999'999);
  EXPECT_EQ(time.news(20 * kSecondNs), std::nullopt);
  time.told(*offset + 1'000'000);
  EXPECT_EQ(time.news(30 * kSecondNs), (TimeOfDayFact{50 * kSecondNs, 30 * kSecondNs}));
  offset.reset();
  EXPECT_EQ(time.news(40 * kSecondNs), std::nullopt);
  offset = 60 * kSecondNs;
  EXPECT_EQ(time.news(40 * kSecondNs + 1), (TimeOfDayFact{60 * kSecondNs, 40 * kSecondNs + 1}))
      << "it reads again at once";
}

}  // namespace wakepath::capture
