// SPDX-License-Identifier: GPL-2.0-or-later
// From counters to spans of time in which something may be missing.
#include "sequencer_fixture.hpp"

namespace wakepath::order::testing {

namespace {

using Lines = std::vector<std::string>;

}  // namespace

TEST_F(SequencerTest, ABatchTellsALossBetweenItselfAndTheEventBefore) {
  tick(1'000'000);
  tick(100'000'000, {{0, 3, 5}, {1, 1, 0}});
  event(0, 50'000'000, 0);
  event(0, 60'000'000, 5);
  event(0, 70'000'000, 5);
  event(1, 80'000'000, 0);
  tick(200'000'000);
  EXPECT_EQ(told.lines, (Lines{"lost 5 cpu 0 48000000..60000000"}))
      << "the tick tells no more than the batches have told";
  EXPECT_EQ(sequencer.totals().lost, 5U);
}

TEST_F(SequencerTest, ALossIsToldBeforeTheEventsInIt) {
  tick(1'000'000);
  tick(100'000'000, {{0, 2, 1}, {1, 1, 0}});
  event(0, 50'000'000, 0);
  event(0, 60'000'000, 1);
  event(1, 48'000'000, 0);
  sequencer.finish();
  EXPECT_EQ(told.all, (Lines{"lost 1 cpu 0 48000000..60000000", "event 48000000", "event 50000000",
                             "event 60000000"}));
}

TEST_F(SequencerTest, ATickTellsWhatNoBatchTold) {
  tick(1'000'000);
  tick(100'000'000, {{0, 1, 0}});
  event(0, 50'000'000, 0);
  tick(200'000'000, {{0, 1, 7}});
  tick(300'000'000);
  EXPECT_EQ(told.lines, (Lines{"lost 7 cpu 0 98000000..202000000"}));
  event(0, 250'000'000, 7);
  sequencer.finish();
  EXPECT_EQ(told.lines.size(), 1U) << "the batch says nothing new";
  EXPECT_EQ(sequencer.totals().lost, 7U);
}

TEST_F(SequencerTest, ALossBeforeTheFirstEventBeginsWithTheCapture) {
  tick(10'000'000);
  event(0, 11'000'000, 2);
  sequencer.finish();
  EXPECT_EQ(told.lines, (Lines{"lost 2 cpu 0 10000000..11000000"}));
}

TEST_F(SequencerTest, ANamingRecordTellsALossAtItsOwnTime) {
  tick(1'000'000);
  event(0, 20'000'000, 0);
  record::Batch names;
  names.cpu = 0;
  names.failed = 4;
  names.declared = 1;
  names.last_ns = 70'000'000;
  sequencer.batch(names);
  event(0, 80'000'000, 4);
  sequencer.finish();
  EXPECT_EQ(told.lines, (Lines{"lost 4 cpu 0 18000000..70000000"}));
}

TEST_F(SequencerTest, TheTailIsNotLostSilently) {
  tick(1'000'000);
  tick(100'000'000, {{0, 3, 2}});
  event(0, 50'000'000, 0);
  sequencer.finish();
  EXPECT_EQ(told.lines,
            (Lines{"lost 2 cpu 0 1000000..102000000", "lost 2 cpu 0 48000000..102000000"}));
  EXPECT_EQ(sequencer.totals().lost, 4U) << "two never arrived, two could not be stored";
}

TEST_F(SequencerTest, MissesBelongToTheTimeBetweenTwoTicks) {
  tick(10'000'000);
  tick(100'000'000, {}, 0);
  tick(200'000'000, {}, 3);
  tick(300'000'000, {}, 3);
  sequencer.finish();
  EXPECT_EQ(told.lines, (Lines{"missed 3 cpu * 98000000..202000000"}));
  EXPECT_EQ(sequencer.totals().missed, 3U);
}

TEST_F(SequencerTest, MissesThatAreReadWithTheClockAreBoundCloser) {
  const auto read_then = [&](std::uint64_t time_ns, std::uint64_t missed) {
    sequencer.tick(record::Tick{time_ns, missed, WP_TICK_MISSED_THEN, {}});
  };
  tick(10'000'000);
  read_then(100'000'000, 1);
  read_then(200'000'000, 3);
  tick(300'000'000, {}, 4);
  sequencer.finish();
  EXPECT_EQ(told.lines,
            (Lines{"missed 1 cpu * 10000000..100000000", "missed 2 cpu * 98000000..200000000",
                   "missed 1 cpu * 198000000..302000000"}));
}

TEST_F(SequencerTest, AGapReachesFromWhatWasToldToTheNextTick) {
  tick(1'000'000);
  tick(100'000'000, {{0, 1, 0}});
  event(0, 50'000'000);
  tick(200'000'000, {{0, 9, 0}});
  // Drained with the tick at 200 ms: events as old as the tick before.
  sequencer.gap(8);
  tick(300'000'000, {{0, 10, 0}});
  event(0, 290'000'000);
  tick(400'000'000, {});
  EXPECT_EQ(told.lines, (Lines{"lost 8 cpu * 98000000..300000000"}));
  EXPECT_EQ(told.events, (std::vector<std::uint64_t>{50'000'000, 290'000'000}))
      << "the totals no longer hold anything back";
  sequencer.finish();
  EXPECT_EQ(sequencer.totals().lost, 8U);
}

TEST_F(SequencerTest, AGapAtTheEndIsTold) {
  tick(1'000'000);
  tick(100'000'000, {{0, 1, 0}});
  event(0, 50'000'000);
  sequencer.gap(0);
  sequencer.finish();
  EXPECT_EQ(told.lines, (Lines{"lost ? cpu * 1000000..18446744072709551615"}));
}

TEST_F(SequencerTest, ABatchThatEndsInNonsenseIsAGapToTheNextTick) {
  tick(1'000'000);
  record::Batch batch;
  batch.cpu = 0;
  batch.declared = 5;
  batch.malformed = true;
  sequencer.batch(batch);
  tick(100'000'000, {{0, 5, 0}});
  sequencer.finish();
  EXPECT_EQ(told.lines, (Lines{"lost ? cpu * 1000000..100000000"}));
  EXPECT_EQ(sequencer.totals().malformed, 1U);
}

}  // namespace wakepath::order::testing
