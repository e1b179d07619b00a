// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/kick_log.hpp"

#include <gtest/gtest.h>

namespace wakepath::reconstruct {
namespace {

CausePtr cause(std::uint64_t entry_ns, std::uint64_t callback_ns = 0) {
  auto made = std::make_shared<Cause>();
  made->entry_ns = entry_ns;
  made->callback_ns = callback_ns;
  return made;
}

// In its guest since 1 ms, left it at 2 ms.
KickLog left() {
  KickLog log;
  log.entered(1'000'000);
  log.exited(2'000'000);
  return log;
}

TEST(KickLog, TheFirstKickInThePollEndedIt) {
  KickLog log = left();
  const CausePtr first = cause(1);
  log.kicked(2'050'000, first);
  log.kicked(2'060'000, cause(2));
  const auto end = log.poll_end(2'070'000, 60'000, nullptr);
  EXPECT_EQ(end.by, first);
  EXPECT_EQ(end.since_ns, 1'000'000U) << "one that is missing since the entry would have been it";
}

TEST(KickLog, AKickOfItsOwnOrOfNobodyKnownLeavesItUnknown) {
  KickLog log = left();
  log.kicked(2'050'000, nullptr);
  log.kicked(2'060'000, cause(2));
  EXPECT_EQ(log.poll_end(2'070'000, 60'000, nullptr).by, nullptr);
  EXPECT_EQ(log.poll_end(2'070'000, 60'000, cause(2'055'000)).by, nullptr);
}

TEST(KickLog, TheGuestsTimerWinsWhereItCameFirst) {
  KickLog log = left();
  const CausePtr timer = cause(2'040'000);
  log.kicked(2'050'000, cause(1));
  EXPECT_EQ(log.poll_end(2'070'000, 60'000, timer).by, timer);
}

// The thread was interrupted after its last look, so the poll seems to have begun after the kick.
TEST(KickLog, WhereThePollMayHaveBegunBeforeOrAfterItIsUnknown) {
  KickLog log = left();
  const CausePtr first = cause(1);
  log.kicked(2'010'000, first);
  EXPECT_EQ(log.poll_end(2'040'000, 9'000, nullptr).by, first) << "nothing else it could be";
  log.kicked(2'035'000, cause(2));
  EXPECT_EQ(log.poll_end(2'040'000, 9'000, nullptr).by, nullptr);
}

TEST(KickLog, WhatWasOverAtItsFirstLookWasKickedBeforeTheExit) {
  KickLog log;
  log.entered(1'000'000);
  const CausePtr first = cause(1);
  log.kicked(1'999'000, first);
  log.exited(2'000'000);
  EXPECT_EQ(log.poll_end(2'005'000, 0, nullptr).by, first);
  KickLog later = left();
  later.kicked(2'030'000, cause(1));
  EXPECT_EQ(later.poll_end(2'040'000, 0, nullptr).by, nullptr);
}

TEST(KickLog, WithoutExitsOrWithTooManyKicksNothingIsSaid) {
  const CausePtr timer = cause(3'000'000);
  KickLog no_exit;
  no_exit.kicked(2'000'000, cause(1));
  EXPECT_EQ(no_exit.poll_end(2'070'000, 60'000, timer).by, timer);
  EXPECT_EQ(no_exit.poll_end(2'070'000, 60'000, timer).since_ns, 0U);
  KickLog full = left();
  for (std::uint64_t kick = 0; kick < 100; ++kick) {
    full.kicked(2'010'000 + kick, cause(1));
  }
  EXPECT_EQ(full.poll_end(2'070'000, 70'000, nullptr).by, nullptr);
}

TEST(KickLog, WhereEntriesAreNotAllSeenAnExitForgetsWhatCameBefore) {
  KickLog log = left();
  log.kicked(2'500'000, cause(1));
  log.exited(3'000'000);
  EXPECT_EQ(log.poll_end(3'070'000, 60'000, nullptr).by, nullptr);
  EXPECT_EQ(log.since_ns(), 3'000'000U);
}

TEST(KickLog, ALateOneMustHaveBegunBeforeThePollWasOver) {
  const KickLog log = left();
  EXPECT_TRUE(log.tells_late(2'070'000, 2'075'000, cause(2'060'000)));
  EXPECT_FALSE(log.tells_late(2'070'000, 2'075'000, cause(2'071'000)));
  EXPECT_FALSE(log.tells_late(2'070'000, 2'075'000, cause(2'060'000, 2'072'000)));
  EXPECT_FALSE(log.tells_late(2'070'000, 2'075'000, nullptr));
  EXPECT_FALSE(log.tells_late(2'070'000, 2'170'000, cause(2'060'000))) << "some other";
  KickLog kicked = left();
  kicked.kicked(2'005'000, nullptr);
  EXPECT_FALSE(kicked.tells_late(2'070'000, 2'075'000, cause(2'060'000)));
}

}  // namespace
}  // namespace wakepath::reconstruct
