// SPDX-License-Identifier: GPL-2.0-or-later
#include "wakepath/pipeline.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "support/recording_sink.hpp"
#include "support/scenario.hpp"

namespace wakepath::testing {

namespace {

const std::string kFourCpus = R"(
host kernel=6.1.0 arch=aarch64 cpus=4 hz=62500000
event sched_switch
event kvm_exit off reason="not asked for"
capture ring_bytes=65536
vm 95 tgid=94 name=guest
vm 70 tgid=70 name=another
thread vcpu 96 "CPU 0/KVM" vm=95 index=0
thread kworker 93 kworker/1:2
)";

// A wake whose timer expires at `t` and that takes 30 us.
std::string wake(std::uint64_t t) {
  const auto at = [t](std::uint64_t after) { return std::to_string(t + after); };
  return at(3'000) + " 1 idle irq_handler_entry irq=13 name=arch_timer\n" + at(5'000) +
         " 1 idle hrtimer_expire_entry function=kvm_bg_timer_expire expiry=" + at(0) + "\n" +
         at(7'000) + " 1 idle sched_waking task=vcpu\n" + at(9'000) +
         " 1 idle hrtimer_expire_exit function=kvm_bg_timer_expire\n" + at(10'000) +
         " 1 idle irq_handler_exit irq=13 name=arch_timer\n" + at(20'000) +
         " 1 idle sched_switch next=vcpu\n" + at(30'000) + " 1 vcpu kvm_entry\n" + at(100'000) +
         " 1 vcpu sched_switch next=idle state=S\n";
}

const std::string kFellAsleep = "2_000_000 1 vcpu sched_switch next=idle state=S\n";

std::vector<RecordBytes> records_of(const std::string& text) {
  const auto scenario = Scenario::parse(text);
  EXPECT_TRUE(scenario) << scenario.error().message;
  return scenario->records();
}

RecordBytes raw(std::uint16_t type, std::size_t size) {
  const wp_record head{type, 0, static_cast<std::uint32_t>(size)};
  RecordBytes bytes(size);
  std::memcpy(bytes.data(), &head, sizeof(head));
  return bytes;
}

// A sink whose disk is full from the n-th wake on.
class FullSink final : public Sink {
 public:
  Result<void> header(const Header& /*header*/) override { return {}; }
  Result<void> wake(const WakeChain& /*chain*/) override {
    return fail(ErrorKind::bad_output, "full " + std::to_string(++wakes_));
  }
  Result<void> delivery(const Delivery& /*delivery*/) override { return {}; }
  Result<void> loss(const Loss& /*loss*/) override { return {}; }
  Result<void> interval(const Interval& /*interval*/) override { return {}; }
  Result<void> notice(const std::string& /*text*/) override { return {}; }
  Result<void> summary(const Summary& /*summary*/) override { return {}; }

 private:
  int wakes_{0};
};

}  // namespace

TEST(Pipeline, TellsHeaderWakesAndSummaryInThisOrder) {
  const Recording recording = run(kFourCpus + kFellAsleep + wake(12'000'000) + "end 20_000_000\n");
  EXPECT_EQ(recording.order, (std::vector<std::string>{"header", "wake", "summary"}));
  const Header& header = recording.headers.at(0);
  EXPECT_EQ(header.kernel, "6.1.0");
  EXPECT_EQ(header.arch, "aarch64");
  EXPECT_EQ(header.cpus, 4U);
  EXPECT_EQ(header.counter_hz, 62'500'000U);
  EXPECT_EQ(header.begin_ns, 1'000'000U);
  ASSERT_EQ(header.events.size(), 2U);
  EXPECT_TRUE(header.events[0].enabled);
  EXPECT_EQ(header.events[1].reason, "not asked for");
  const Summary& summary = recording.summary();
  EXPECT_EQ(summary.duration_ns, 19'000'000U);
  EXPECT_EQ(summary.events, 9U);
  EXPECT_EQ(summary.wakes, 1U);
  EXPECT_EQ(summary.complete, 1U);
  EXPECT_EQ(summary.ring_bytes, 65'536U);
  EXPECT_EQ(summary.lost + summary.missed + summary.late, 0U);
}

TEST(Pipeline, AStopWhileTheRestIsToldMakesTheInputInterrupted) {
  for (const bool stopped : {false, true}) {
    PipelineOptions options;
    options.stopped = [stopped] { return stopped; };
    options.fail_on = {"lost > 0"};
    Recording recording;
    RecordingSink sink(recording);
    Pipeline pipeline(options, sink);
    for (const RecordBytes& bytes :
         records_of(kFourCpus + kFellAsleep + wake(12'000'000) + "end 20_000_000\n")) {
      ASSERT_TRUE(pipeline.record(*RecordView::at(bytes)));
    }
    const Result<Summary> summary = pipeline.finish();
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->partial, stopped ? Partial::interrupted : Partial::no);
    EXPECT_EQ(summary->verdicts.at(0).passed(), !stopped);
  }
}

TEST(Pipeline, IntervalsHoldTheWakesHandedOnInThem) {
  const Recording recording = run(kFourCpus + "poll 1_000_000\n" + kFellAsleep + wake(12'000'000) +
                                      wake(15'000'000) + wake(42'000'000) + "end 61_000_000\n",
                                  {{}, 20'000'000});
  ASSERT_EQ(recording.intervals.size(), 3U);
  EXPECT_EQ(recording.intervals[0].begin_ns, 1'000'000U);
  EXPECT_EQ(recording.intervals[0].end_ns, 21'000'000U);
  EXPECT_EQ(recording.intervals[0].rows.at(0).count, 2U);
  EXPECT_EQ(recording.intervals[0].rows.at(0).stage, "total");
  EXPECT_EQ(recording.intervals[0].rows.at(0).p50_ns, 30'000U);
  EXPECT_TRUE(recording.intervals[1].rows.empty());
  EXPECT_EQ(recording.intervals[2].rows.at(0).count, 1U);
}

TEST(Pipeline, AnAgeWithoutTicksIsNotAnAgeOfTables) {
  const Recording recording =
      run(kFourCpus + kFellAsleep + wake(12'000'000) + "end 9_000_000_000_000_000_000\n",
          {{}, 1'000'000});
  EXPECT_LE(recording.intervals.size(), 3U);
}

TEST(Pipeline, NoIntervalsWhereNoneAreAskedFor) {
  EXPECT_TRUE(run(kFourCpus + kFellAsleep + wake(12'000'000) + "end 9_000_000_000\n", {{}, 0})
                  .intervals.empty());
}

TEST(Pipeline, SelectionKeepsWakesFromSinkAndCounts) {
  const std::string text = kFourCpus + kFellAsleep + wake(12'000'000);
  EXPECT_EQ(run(text, {{{"another"}, {}, {}, {}, 0}, 0}).summary().wakes, 0U);
  EXPECT_EQ(run(text, {{{"guest"}, {0}, {}, {1}, 30'000}, 0}).summary().wakes, 1U);
  EXPECT_TRUE(run(text, {{{}, {}, {}, {}, 30'001}, 0}).wakes.empty());
}

TEST(Pipeline, TheSameRecordsTwiceSayTheSame) {
  const auto records =
      records_of(kFourCpus + kFellAsleep + wake(12'000'000) + "lost cpu=1 count=2\n" +
                 wake(15'000'000) + "tick 20_000_000\n" + wake(25'000'000));
  const Recording first = run(records);
  const Recording second = run(records);
  EXPECT_EQ(first.order, second.order);
  ASSERT_EQ(first.wakes.size(), second.wakes.size());
  for (std::size_t i = 0; i < first.wakes.size(); ++i) {
    EXPECT_EQ(text_of(first.wakes[i]), text_of(second.wakes[i]));
  }
}

TEST(Pipeline, AnInterruptThatIsNamedAfterItsWakesIsNamedInTheSummary) {
  auto records = records_of(kFourCpus + kFellAsleep + wake(12'000'000));
  Interrupt interrupt;
  interrupt.irq = 13;
  interrupt.action = "arch_timer";
  interrupt.device = "timer0";
  records.push_back(encode(IrqFact{0x1234, interrupt}));
  const Recording recording = run(records);
  ASSERT_EQ(recording.wakes.size(), 1U);
  const Summary& summary = recording.summary();
  ASSERT_EQ(summary.interrupts.size(), 1U);
  EXPECT_EQ(summary.interrupts[0].interrupt->device, "timer0");
  ASSERT_FALSE(summary.blame.empty());
  const auto row = std::ranges::find(summary.blame[0].rows, BlameKind::hardirq, &BlameRow::kind);
  ASSERT_NE(row, summary.blame[0].rows.end());
  EXPECT_EQ(row->interrupt->device, "timer0");
}

TEST(Pipeline, RecordsOfUnknownTypeAreSkipped) {
  auto records = records_of(kFourCpus + kFellAsleep + wake(12'000'000));
  records.insert(records.begin() + 9, raw(77, 64));
  const Recording recording = run(records);
  EXPECT_EQ(recording.summary().complete, 1U);
  EXPECT_TRUE(recording.notices.empty());
}

TEST(Pipeline, RecordsThatCannotBeReadAreToldAndMakeTheirTimeSuspect) {
  auto records = records_of(kFourCpus + kFellAsleep + wake(12'000'000));
  records.insert(records.end() - 4, raw(WP_RECORD_BATCH, 16));
  records.insert(records.end() - 4, raw(WP_RECORD_TICK, 16));
  records.insert(records.end() - 4, raw(WP_RECORD_FACT, 16));
  const Recording recording = run(records);
  EXPECT_EQ(recording.summary().complete, 0U);
  ASSERT_EQ(recording.wakes.size(), 1U);
  EXPECT_TRUE(recording.wakes[0].flags.has(Flag::lossy));
  ASSERT_EQ(recording.notices.size(), 1U);
  EXPECT_EQ(recording.notices[0].substr(0, 28), "3 records could not be read:");
}

TEST(Pipeline, NothingAtAllHasAHeaderAndASummary) {
  const Recording recording = run(std::vector<RecordBytes>{});
  EXPECT_EQ(recording.order, (std::vector<std::string>{"header", "summary"}));
  EXPECT_EQ(recording.headers[0].begin_ns, std::nullopt);
  EXPECT_EQ(recording.summary().duration_ns, 0U);
}

TEST(Pipeline, NoticesAndVmsAreHandedOn) {
  const auto records = records_of(kFourCpus + "notice \"mind the gap\"\n" + kFellAsleep);
  Recording recording;
  RecordingSink sink(recording);
  Pipeline pipeline({}, sink);
  ASSERT_TRUE(replay(records, pipeline));
  EXPECT_EQ(pipeline.vms(), (std::vector<std::string>{"another", "guest"}));
  EXPECT_EQ(recording.notices, (std::vector<std::string>{"mind the gap"}));
}

TEST(Pipeline, TheSinksFirstErrorIsHandedBack) {
  FullSink sink;
  Pipeline pipeline({}, sink);
  const auto records = records_of(kFourCpus + kFellAsleep + wake(12'000'000) + wake(15'000'000));
  (void)replay(records, pipeline);
  const auto summary = pipeline.finish();
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().kind, ErrorKind::bad_output);
  EXPECT_EQ(summary.error().message, "full 1");
}

using Outcome = VerdictResult::Outcome;

// Verdicts on two wakes of 30 us.
std::vector<VerdictResult> judged(std::vector<std::string> expressions,
                                  const Selection& selection = {}, Partial partial = Partial::no) {
  Recording recording;
  RecordingSink sink(recording);
  PipelineOptions options;
  options.selection = selection;
  options.fail_on = std::move(expressions);
  Pipeline pipeline(options, sink);
  EXPECT_TRUE(
      replay(records_of(kFourCpus + kFellAsleep + wake(12'000'000) + wake(15'000'000)), pipeline));
  return pipeline.finish(partial)->verdicts;
}

VerdictResult judged_one(const std::string& expression, const Selection& selection = {},
                         Partial partial = Partial::no) {
  return judged({expression}, selection, partial).at(0);
}

TEST(Pipeline, JudgesAtTheEnd) {
  const auto verdicts = judged({"max(total) > 29us", "p50(total) > 30us", "count(wake_delay) == 2",
                                "wakes < 3", "incomplete > 0", "lost > 0"});
  const std::vector<Outcome> expected{Outcome::failed, Outcome::passed, Outcome::failed,
                                      Outcome::failed, Outcome::passed, Outcome::passed};
  ASSERT_EQ(verdicts.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(verdicts[i].outcome, expected[i]) << verdicts[i].text;
  }
  EXPECT_EQ(verdicts[0].text, "max(total) = 30.0us > 29us over 2 wakes");
  EXPECT_EQ(verdicts[0].value, 30'000U);
  EXPECT_EQ(verdicts[0].count, 2U);
  EXPECT_EQ(verdicts[1].text, "p50(total) = 30.0us, not > 30us, over 2 wakes");
  EXPECT_EQ(verdicts[5].text, "lost = 0, not > 0");
  EXPECT_EQ(verdicts[5].count, std::nullopt);
}

TEST(Pipeline, DoesNotJudgeWhatNothingOrTooLittleWasObservedOf) {
  const auto unmeasured = judged_one("max(work_delay) > 1s");
  EXPECT_EQ(unmeasured.outcome, Outcome::not_judged) << "it is not within the limit";
  EXPECT_EQ(unmeasured.text, "max(work_delay) > 1s: no wake in which it is known");
  const auto few = judged_one("p99(total) > 31us");
  EXPECT_EQ(few.outcome, Outcome::not_judged);
  EXPECT_EQ(few.reason, "p99(total) needs 100 wakes, and there are 2: max(total) = 30.0us");
  EXPECT_EQ(few.value, std::nullopt);
  EXPECT_EQ(few.count, 2U);
  EXPECT_EQ(judged_one("p99(total) < 29us").outcome, Outcome::not_judged);
  Selection nobody;
  nobody.vcpus = {7};
  EXPECT_EQ(judged_one("incomplete > 0", nobody).reason, "no wakes");
  EXPECT_EQ(judged_one("wakes > 5", nobody).outcome, Outcome::not_judged);
  EXPECT_EQ(judged_one("wakes < 5", nobody).outcome, Outcome::failed) << "that there are few";
  EXPECT_EQ(judged_one("lost > 0", nobody).outcome, Outcome::passed) << "events tell";
  Sink sink;
  const Pipeline nothing({}, sink);
  EXPECT_EQ(nothing.judge("lost > 0")->reason, "no events");
}

// 98 more, however short, leave the second longest of a hundred where it is.
TEST(Pipeline, APercentileOfTooFewFailsWhereTheOthersCantMendIt) {
  const auto over = judged_one("p99(total) > 29us");
  EXPECT_EQ(over.outcome, Outcome::failed);
  EXPECT_EQ(over.reason,
            "p99(total) needs 100 wakes, and there are 2: with 98 more, however short, it would be "
            "> 29us; max(total) = 30.0us");
  EXPECT_EQ(over.value, std::nullopt);
  EXPECT_EQ(judged_one("p99(total) > 29us", {}, Partial::truncated).outcome, Outcome::not_judged);
  EXPECT_EQ(judged_one("p50(total) > 29us").outcome, Outcome::failed);
  EXPECT_EQ(judged_one("p90(total) >= 30us").outcome, Outcome::failed);
  EXPECT_EQ(judged_one("p90(total) > 30us").outcome, Outcome::not_judged);
  Selection one;
  one.wake = 1;
  EXPECT_EQ(judged_one("p99(total) > 1ns", one).outcome, Outcome::not_judged) << "one may be 1 %";
}

TEST(Pipeline, TellsOfTheWakesThatTheSelectionLeftOut) {
  Sink sink;
  PipelineOptions options;
  options.selection.wake = 3;
  Pipeline pipeline(options, sink);
  ASSERT_TRUE(
      replay(records_of(kFourCpus + kFellAsleep + wake(12'000'000) + wake(15'000'000)), pipeline));
  const auto summary = pipeline.finish();
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->wakes, 0U);
  EXPECT_EQ(summary->seen, 2U);
  EXPECT_NE(summary->vcpus_seen, 0U);
}

TEST(Pipeline, DoesNotJudgeAPartOfTheInput) {
  const auto part = judged_one("max(total) > 29us", {}, Partial::truncated);
  EXPECT_EQ(part.outcome, Outcome::not_judged);
  EXPECT_EQ(part.reason, "the input was truncated, and its rest is not known");
}

TEST(Pipeline, RefusesAVerdictThatCantBeRead) {
  Sink sink;
  const Pipeline pipeline({}, sink);
  EXPECT_FALSE(pipeline.judge("p99(totl) > 1us"));
  EXPECT_FALSE(check_verdict("p99(totl) > 1us"));
  EXPECT_TRUE(check_verdict("p99(total) > 1us"));
}

}  // namespace wakepath::testing
