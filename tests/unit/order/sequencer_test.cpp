// SPDX-License-Identifier: GPL-2.0-or-later
#include "sequencer_fixture.hpp"

namespace wakepath::order::testing {

namespace {

using Times = std::vector<std::uint64_t>;

}  // namespace

TEST_F(SequencerTest, PutsTheCpusStreamsInTimeOrder) {
  tick(1'000'000);
  tick(100'000'000, {{0, 2, 0}, {1, 2, 0}});
  event(0, 10'000'000);
  event(0, 30'000'000);
  event(1, 20'000'000);
  event(1, 5'000'000);
  EXPECT_TRUE(told.events.empty()) << "told before a tick says that nothing older follows";
  tick(200'000'000, {});
  EXPECT_EQ(told.events, (Times{5'000'000, 10'000'000, 20'000'000, 30'000'000}));
  EXPECT_EQ(told.advanced.back(), 98'000'000U);
}

TEST_F(SequencerTest, HoldsBackWhatIsYoungerThanTheTickLessTheHoldBack) {
  tick(1'000'000);
  tick(100'000'000, {{0, 3, 0}});
  event(0, 97'999'999);
  event(0, 98'000'000);
  event(0, 99'000'000);
  tick(200'000'000, {{0, 3, 0}});
  EXPECT_EQ(told.events, (Times{97'999'999}));
  tick(300'000'000);
  EXPECT_EQ(told.events, (Times{97'999'999, 98'000'000, 99'000'000}));
}

TEST_F(SequencerTest, ATickWaitsForTheEventsThatItCounts) {
  tick(1'000'000);
  tick(100'000'000, {{0, 1, 0}, {1, 1, 0}});
  event(1, 50'000'000);
  tick(200'000'000, {{0, 1, 0}, {1, 1, 0}});
  EXPECT_TRUE(told.events.empty()) << "CPU 0's event is still in its ring";
  event(0, 40'000'000);
  tick(300'000'000);
  EXPECT_EQ(told.events, (Times{40'000'000, 50'000'000}));
  EXPECT_EQ(sequencer.totals().late, 0U);
  EXPECT_TRUE(told.lines.empty());
}

TEST_F(SequencerTest, AnIdleCpuHoldsNothingBack) {
  tick(1'000'000);
  tick(100'000'000, {{0, 1, 0}});
  event(0, 40'000'000);
  tick(200'000'000, {});
  EXPECT_EQ(told.events, (Times{40'000'000}));
}

TEST_F(SequencerTest, EventsOfOneTimeComeByCpuWhateverRingWasReadFirst) {
  tick(1'000'000);
  tick(100'000'000, {{0, 1, 0}, {3, 2, 0}});
  for (const std::uint32_t cpu : {5U, 3U, 9U, 3U, 0U, 7U, 1U}) {
    event(cpu, 40'000'000);
  }
  sequencer.finish();
  EXPECT_EQ(told.cpus, (std::vector<std::uint32_t>{0, 1, 3, 3, 5, 7, 9}));
}

TEST_F(SequencerTest, WhatComesAtTheWatermarkItselfIsNotLate) {
  tick(1'000'000);
  tick(100'000'000, {});
  tick(200'000'000, {});
  event(0, 98'000'000);
  event(0, 97'999'999);
  sequencer.finish();
  EXPECT_EQ(told.events, (Times{98'000'000}));
  EXPECT_EQ(sequencer.totals().late, 1U);
}

TEST_F(SequencerTest, ALateEventIsCountedAndTakenAsALoss) {
  tick(1'000'000);
  tick(100'000'000, {{0, 1, 0}});
  event(0, 50'000'000);
  tick(200'000'000, {{0, 2, 0}});
  event(0, 97'000'000);
  event(0, 150'000'000);
  sequencer.finish();
  EXPECT_EQ(told.events, (Times{50'000'000, 150'000'000}));
  EXPECT_EQ(sequencer.totals().late, 1U);
  EXPECT_EQ(sequencer.totals().lost, 0U);
  EXPECT_EQ(told.lines, (std::vector<std::string>{"late 1 cpu 0 97000000..97000000"}));
}

TEST_F(SequencerTest, ReportsStandBetweenTheEventsByTime) {
  wp_guest_report report{};
  report.time_ns = 45'000'000;
  tick(1'000'000);
  tick(100'000'000, {{0, 2, 0}});
  event(0, 40'000'000);
  event(0, 50'000'000);
  sequencer.guest_report(report);
  report.time_ns = 60'000'000;
  sequencer.guest_report(report);
  sequencer.finish();
  EXPECT_EQ(told.all, (std::vector<std::string>{"event 40000000", "report 45000000",
                                                "event 50000000", "report 60000000"}));
}

TEST_F(SequencerTest, FinishTellsAllThatIsLeft) {
  tick(1'000'000);
  tick(100'000'000, {{0, 1, 0}});
  event(0, 50'000'000);
  event(0, 100'500'000);
  sequencer.finish();
  EXPECT_EQ(told.events, (Times{50'000'000, 100'500'000}));
  EXPECT_EQ(sequencer.begin_ns(), 1'000'000U);
  EXPECT_EQ(sequencer.end_ns(), 100'500'000U);
  EXPECT_EQ(told.advanced.back(), 100'500'000U);
}

TEST_F(SequencerTest, ATickWhoseEventsNeverComeIsGivenUpAfterASecond) {
  tick(1'000'000);
  tick(100'000'000, {{0, 2, 0}, {1, 1, 0}});
  event(0, 50'000'000);
  event(1, 60'000'000);
  tick(1'099'999'999, {});
  EXPECT_TRUE(told.events.empty());
  tick(1'100'000'000, {});
  EXPECT_EQ(told.events, (Times{50'000'000, 60'000'000}));
  EXPECT_EQ(told.lines, (std::vector<std::string>{"lost 1 cpu 0 1000000..102000000"}));
  EXPECT_EQ(sequencer.totals().lost, 1U);
  sequencer.finish();
  EXPECT_EQ(sequencer.totals().lost, 1U) << "counted once";
}

TEST_F(SequencerTest, EventsThatTheEventSetLeftOutAreCounted) {
  record::Tick first{1'000'000, 0, 0, {}};
  sequencer.tick(std::move(first));
  record::Tick second{2'000'000, 0, 0, {{0, 0, 0, 0, 40}, {1, 0, 0, 0, 2}}};
  sequencer.tick(std::move(second));
  record::Tick third{3'000'000, 0, 0, {{0, 0, 0, 0, 45}}};
  sequencer.tick(std::move(third));
  sequencer.finish();
  EXPECT_EQ(sequencer.totals().skipped, 47U);
}

TEST_F(SequencerTest, MoreThanTheLimitIsToldAtOnceAsALoss) {
  // A queue reserves twice what it needs.
  sequencer.limit(4 * sizeof(Event) + sizeof(record::Tick));
  tick(1'000'000);
  for (std::uint64_t time = 30'000'000; time < 34'000'000; time += 1'000'000) {
    event(0, time);
  }
  EXPECT_TRUE(told.events.empty());
  event(0, 34'000'000);
  EXPECT_EQ(told.events, (Times{30'000'000, 31'000'000, 32'000'000, 33'000'000, 34'000'000}));
  EXPECT_EQ(told.lines, (std::vector<std::string>{"lost ? cpu * 1000000..36000000"}));
  EXPECT_EQ(sequencer.totals().let_go, 1U);
  event(0, 33'500'000);
  EXPECT_EQ(sequencer.totals().late, 1U) << "it may be of a wake that has been told";
  sequencer.finish();
  EXPECT_EQ(told.events.size(), 5U);
}

TEST_F(SequencerTest, TicksThatNeverMatureAreHeldNoLongerThanTheLimit) {
  sequencer.limit(100 * sizeof(record::Tick));
  for (std::uint64_t number = 1; number < 1000; ++number) {
    tick(number * 1000, {{0, 5, 0}});
  }
  EXPECT_GT(sequencer.totals().let_go, 0U);
  EXPECT_FALSE(told.lines.empty());
}

TEST_F(SequencerTest, ReportsOfALaterTimeDoNotStayOverTheLimit) {
  sequencer.limit(10 * (sizeof(wp_guest_report) + 6 * sizeof(void*)));  // a node of a map
  wp_guest_report report{};
  for (std::uint64_t number = 1; number <= 100; ++number) {
    report.time_ns = number * 1'000'000'000;
    sequencer.guest_report(report);
  }
  EXPECT_EQ(sequencer.totals().let_go, 9U) << "the limit holds for what came after each time too";
  sequencer.finish();
  EXPECT_EQ(told.all.size() - told.lines.size(), 100U);
}

TEST_F(SequencerTest, LossesCountForTheLimit) {
  sequencer.limit(10 * sizeof(LossInterval));
  tick(1'000'000);
  for (std::uint64_t failed = 1; failed <= 50; ++failed) {
    record::Batch batch;
    batch.failed = failed;
    batch.last_ns = 1'000'000 + failed * 10'000'000;
    sequencer.batch(batch);
  }
  EXPECT_GT(sequencer.totals().let_go, 0U);
  EXPECT_EQ(sequencer.totals().lost, 50U);
}

TEST_F(SequencerTest, NoTimeIsTooLateForTheLimit) {
  sequencer.limit(sizeof(Event));
  tick(1'000'000);
  event(0, UINT64_MAX);
  event(0, UINT64_MAX - 1);
  event(0, 5'000'000);
  sequencer.finish();
  EXPECT_EQ(sequencer.totals().events, 3U);
  EXPECT_FALSE(told.lines.empty());
}

}  // namespace wakepath::order::testing
