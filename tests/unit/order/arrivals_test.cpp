// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers tell at once what is missing, what comes again and what comes late.
#include "order/arrivals.hpp"

#include "sequencer_fixture.hpp"

namespace wakepath::order::testing {

namespace {

using Place = Arrivals::Place;
using Lines = std::vector<std::string>;

class ArrivalsTest : public ::testing::Test {
 protected:
  Place arrive(std::uint32_t number, std::uint32_t count = 1) {
    return arrivals.arrive(number, count,
                           {std::uint64_t{number} * 10, std::uint64_t{number} * 10 + 5});
  }

  Arrivals arrivals;
};

class NumberedTest : public SequencerTest {
 protected:
  void numbered(std::uint32_t cpu, std::uint32_t number, std::uint64_t time_ns) {
    record::Batch batch;
    batch.cpu = cpu;
    batch.declared = 1;
    batch.number = number;
    batch.last_ns = time_ns;
    Event event{};
    event.time_ns = time_ns;
    event.cpu = cpu;
    event.kind = WP_EVENT_CPU_IDLE;
    batch.events.push_back(event);
    sequencer.batch(batch);
  }

  struct Of {
    std::uint32_t cpu;
    std::uint64_t written;
    std::uint32_t handed;
  };
  void numbered_tick(std::uint32_t number, std::uint64_t time_ns,
                     std::initializer_list<Of> cpus = {}) {
    record::Tick tick{time_ns, 0, 0, {}, number};
    for (const Of& of : cpus) {
      tick.cpus.push_back({of.cpu, of.handed, of.written, 0, 0});
    }
    sequencer.tick(std::move(tick));
  }
};

}  // namespace

TEST_F(ArrivalsTest, InOrder) {
  EXPECT_EQ(arrive(0), Place::next);
  EXPECT_EQ(arrive(1, 3), Place::next);
  EXPECT_EQ(arrive(4), Place::next);
  EXPECT_EQ(arrivals.next(), 5U);
  EXPECT_TRUE(arrivals.give_up_before(UINT64_MAX).empty());
}

TEST_F(ArrivalsTest, WhatComesTwiceIsSeen) {
  arrive(0);
  arrive(1, 2);
  EXPECT_EQ(arrive(1, 2), Place::again);
  EXPECT_EQ(arrive(0), Place::again);
  EXPECT_EQ(arrivals.next(), 3U);
}

TEST_F(ArrivalsTest, AHoleIsFilledOnceFromAnywhere) {
  arrive(0);
  EXPECT_EQ(arrive(5), Place::next);
  EXPECT_EQ(arrive(3), Place::filled);
  EXPECT_EQ(arrive(3), Place::again);
  EXPECT_EQ(arrive(1), Place::filled);
  EXPECT_EQ(arrive(4), Place::filled);
  const auto holes = arrivals.give_up_before(51);
  ASSERT_EQ(holes.size(), 1U);
  EXPECT_EQ(holes[0].first, 2U);
  EXPECT_EQ(holes[0].end, 3U);
}

TEST_F(ArrivalsTest, OfAHoleThatWasGivenUpTheRestIsLate) {
  arrive(0);
  arrive(3);
  EXPECT_TRUE(arrivals.give_up_before(30).empty()) << "it begins at 30";
  EXPECT_EQ(arrivals.give_up_before(31).size(), 1U);
  EXPECT_EQ(arrive(2), Place::late);
  EXPECT_EQ(arrive(3), Place::again);
}

TEST_F(ArrivalsTest, NumbersGoRoundAfterTwentyFourBits) {
  arrivals.lose_place();
  EXPECT_EQ(arrive(WP_BATCH_NUMBERS - 1), Place::next);
  EXPECT_EQ(arrive(0), Place::next);
  EXPECT_EQ(arrivals.next(), WP_BATCH_NUMBERS + 1U);
  EXPECT_EQ(arrive(WP_BATCH_NUMBERS - 1), Place::again);
  EXPECT_TRUE(arrivals.give_up_before(UINT64_MAX).empty());
}

TEST_F(ArrivalsTest, AfterAGapTheFirstNumberSkipsNothing) {
  arrive(0);
  arrivals.lose_place();
  arrivals.expect(100, {0, 1});
  EXPECT_EQ(arrivals.next(), 100U);
  EXPECT_EQ(arrive(100), Place::next);
  EXPECT_TRUE(arrivals.give_up_before(UINT64_MAX).empty());
}

TEST_F(NumberedTest, ARecordThatIsGoneIsToldBetweenItsNeighboursWhileTheCaptureGoesOn) {
  numbered_tick(1, 1'000'000);
  numbered_tick(2, 100'000'000, {{0, 3, 0}});
  numbered(0, 0, 50'000'000);
  numbered(0, 2, 60'000'000);
  // The totals would be reached by a record that only came after them.
  numbered(0, 3, 101'000'000);
  numbered_tick(3, 200'000'000, {{0, 4, 4}});
  EXPECT_EQ(told.lines, (Lines{"lost 1 cpu 0 48000000..60000000"}));
  sequencer.finish();
  EXPECT_EQ(sequencer.totals().lost, 1U);
}

TEST_F(NumberedTest, TheLastOfADrainEndsWithTheNextDrain) {
  numbered_tick(1, 1'000'000);
  numbered_tick(2, 100'000'000, {{0, 2, 0}});
  numbered(0, 0, 50'000'000);
  numbered_tick(3, 200'000'000, {{0, 3, 2}});
  numbered(0, 2, 110'000'000);
  numbered_tick(4, 300'000'000, {{0, 3, 3}});
  EXPECT_EQ(told.lines, (Lines{"lost 1 cpu 0 48000000..110000000"}));
  EXPECT_EQ(told.events, (std::vector<std::uint64_t>{50'000'000, 110'000'000}));
}

TEST_F(NumberedTest, TheLastOfAllIsMissedATickLater) {
  numbered_tick(1, 1'000'000);
  numbered_tick(2, 100'000'000, {{0, 2, 0}});
  numbered(0, 0, 50'000'000);
  numbered_tick(3, 200'000'000, {{0, 2, 2}});
  EXPECT_TRUE(told.events.empty());
  numbered_tick(4, 300'000'000);
  EXPECT_EQ(told.lines, (Lines{"lost 1 cpu 0 48000000..200000000"}));
  EXPECT_EQ(told.events, (std::vector<std::uint64_t>{50'000'000})) << "nothing waits for it";
}

TEST_F(NumberedTest, WhatComesTwiceCountsOnceAndHidesNoLoss) {
  numbered_tick(1, 1'000'000);
  numbered_tick(2, 100'000'000, {{0, 3, 0}});
  numbered(0, 0, 50'000'000);
  numbered(0, 0, 50'000'000);
  numbered(0, 1, 60'000'000);
  numbered_tick(3, 200'000'000, {{0, 3, 3}});
  numbered_tick(4, 300'000'000);
  EXPECT_EQ(told.events, (std::vector<std::uint64_t>{50'000'000, 60'000'000}));
  EXPECT_EQ(told.lines, (Lines{"lost 1 cpu 0 58000000..200000000"}));
  EXPECT_EQ(sequencer.totals().duplicates, 1U);
  EXPECT_EQ(sequencer.totals().events, 2U);
}

TEST_F(NumberedTest, WhatComesAfterItWasGivenUpIsLateAndNotLost) {
  numbered_tick(1, 1'000'000);
  numbered_tick(2, 100'000'000, {{0, 2, 0}});
  numbered(0, 1, 60'000'000);
  numbered_tick(3, 200'000'000, {{0, 2, 2}});
  numbered(0, 0, 50'000'000);
  sequencer.finish();
  EXPECT_EQ(told.events, (std::vector<std::uint64_t>{60'000'000}));
  EXPECT_EQ(told.lines, (Lines{"lost 1 cpu 0 1000000..60000000"}));
  EXPECT_EQ(sequencer.totals().lost, 0U);
  EXPECT_EQ(sequencer.totals().late, 1U);
}

TEST_F(NumberedTest, ALateOneThatComesAgainTakesNoSecondLossBack) {
  numbered_tick(1, 1'000'000);
  numbered_tick(2, 100'000'000, {{0, 4, 0}});
  numbered(0, 3, 60'000'000);
  numbered_tick(3, 200'000'000, {{0, 4, 4}});
  for (int times = 0; times < 5; ++times) {
    numbered(0, 1, 50'000'000);
  }
  sequencer.finish();
  EXPECT_EQ(sequencer.totals().lost, 2U);
  EXPECT_EQ(sequencer.totals().late, 1U);
  EXPECT_EQ(sequencer.totals().duplicates, 4U);
}

TEST_F(NumberedTest, WhatChangedPlacesIsPutInOrder) {
  numbered_tick(1, 1'000'000);
  numbered_tick(2, 100'000'000, {{0, 2, 0}});
  numbered(0, 1, 60'000'000);
  numbered(0, 0, 50'000'000);
  numbered_tick(3, 200'000'000, {{0, 2, 2}});
  EXPECT_EQ(told.events, (std::vector<std::uint64_t>{50'000'000, 60'000'000}));
  EXPECT_TRUE(told.lines.empty());
}

TEST_F(NumberedTest, TimeWithoutItsTickIsNotKnown) {
  numbered_tick(1, 1'000'000);
  numbered_tick(3, 200'000'000);
  numbered_tick(2, 100'000'000, {{0, 7, 0}});
  numbered_tick(3, 200'000'000);
  sequencer.finish();
  EXPECT_EQ(told.lines, (Lines{"lost ? cpu * 1000000..200000000"}))
      << "a tick that comes late or again says nothing new";
}

TEST_F(NumberedTest, ALateReportIsOfNoLaterWake) {
  wp_guest_report report{};
  numbered_tick(1, 1'000'000);
  numbered_tick(2, 100'000'000);
  numbered_tick(3, 200'000'000);
  report.time_ns = 97'000'000;
  sequencer.guest_report(report);
  report.time_ns = 98'000'000;
  sequencer.guest_report(report);
  sequencer.finish();
  EXPECT_EQ(told.all, (Lines{"report 98000000"}));
}

}  // namespace wakepath::order::testing
