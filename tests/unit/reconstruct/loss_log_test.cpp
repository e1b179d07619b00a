// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/loss_log.hpp"

#include <gtest/gtest.h>

namespace wakepath::reconstruct::testing {

using order::LossInterval;

TEST(LossLog, TouchesWhatItReaches) {
  LossLog log;
  EXPECT_FALSE(log.touching(0, UINT64_MAX).any());
  log.add({1, 10'000'000, 20'000'000, 3, LossInterval::Kind::lost});
  EXPECT_FALSE(log.touching(1, 9'999'999).any());
  EXPECT_TRUE(log.touching(1, 10'000'000).lost) << "bounds included";
  EXPECT_TRUE(log.touching(12'000'000, 13'000'000).lost);
  EXPECT_TRUE(log.touching(22'000'000, 30'000'000).lost) << "what interrupted may be younger";
  EXPECT_FALSE(log.touching(22'000'001, 30'000'000).any());
}

TEST(LossLog, TellsMissesFromLosses) {
  LossLog log;
  log.add({std::nullopt, 10'000'000, 20'000'000, 1, LossInterval::Kind::missed});
  log.add({0, 40'000'000, 40'000'000, 1, LossInterval::Kind::late});
  EXPECT_TRUE(log.touching(15'000'000, 15'000'000).missed);
  EXPECT_FALSE(log.touching(15'000'000, 15'000'000).lost);
  EXPECT_TRUE(log.touching(40'000'000, 50'000'000).lost) << "a late event is missing too";
  EXPECT_TRUE(log.touching(0, 50'000'000).any());
}

TEST(LossLog, WhatItHasForgottenCountsAsTouched) {
  LossLog log;
  for (std::uint64_t i = 1; i <= 1'025; ++i) {
    log.add({0, i * 10'000'000, i * 10'000'000, 1, LossInterval::Kind::lost});
  }
  EXPECT_TRUE(log.touching(3'000'000, 4'000'000).lost) << "it no longer knows";
  EXPECT_TRUE(log.touching(12'000'000, 12'500'000).lost);
  EXPECT_FALSE(log.touching(12'000'001, 12'500'000).any());
  EXPECT_TRUE(log.touching(19'000'000, 20'000'000).lost);
}

TEST(LossLog, AStormOfOverlappingLossesIsOne) {
  LossLog log;
  for (std::uint64_t i = 100'000; i < 110'000; ++i) {
    log.add({i % 2, i * 1'000, i * 1'000 + 1'500, 1, LossInterval::Kind::lost});
  }
  EXPECT_FALSE(log.touching(1, 99'999'999).any()) << "nothing had to be forgotten";
  EXPECT_TRUE(log.touching(105'000'000, 105'000'000).lost);
  EXPECT_FALSE(log.touching(113'000'000, 114'000'000).any());
}

}  // namespace wakepath::reconstruct::testing
