// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/realtime_offsets.hpp"

#include <gtest/gtest.h>

namespace wakepath {
namespace {

TEST(RealtimeOffsets, HoldFromTheirTimeOn) {
  RealtimeOffsets offsets;
  EXPECT_EQ(offsets.at(5000), std::nullopt);
  offsets.jumped(5000, 90'000);
  EXPECT_EQ(offsets.at(4999), std::nullopt);
  offsets.at_begin(70'000);
  EXPECT_EQ(offsets.at(4999), 70'000U);
  EXPECT_EQ(offsets.at(5000), 90'000U);
  offsets.jumped(5000, 0);
  EXPECT_EQ(offsets.at(5000), std::nullopt) << "0: not known";
}

TEST(RealtimeOffsets, OfManyJumpsTheOldestAreNotKnownAnyMore) {
  RealtimeOffsets offsets;
  offsets.at_begin(7);
  for (std::uint64_t jump = 1; jump <= RealtimeOffsets::kMostJumps + 1; ++jump) {
    offsets.jumped(jump * 10, jump);
  }
  EXPECT_EQ(offsets.at(5), std::nullopt);
  EXPECT_EQ(offsets.at(15), std::nullopt);
  EXPECT_EQ(offsets.at(20), 2U);
  EXPECT_EQ(offsets.at(UINT64_MAX), RealtimeOffsets::kMostJumps + 1);
}

}  // namespace
}  // namespace wakepath
