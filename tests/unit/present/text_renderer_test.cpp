// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/text_renderer.hpp"

#include <utility>

#include "present/chains.hpp"

namespace wakepath::present {
namespace {

using testing::arm64_header;
using testing::Captured;
using testing::kworker_chain;
using testing::latency;

const std::string kPath = "timer(timerfd_tmrproc)>work(aio_poll_put_work)>vcpu";

Interval two_paths() {
  Interval interval{2'000'000'000, 3'000'000'000, 0, {}};
  interval.rows = {latency("guest", 0, kPath, "total", 100, 200'000),
                   latency("guest", 0, kPath, "timer_latency", 100, 12'300),
                   latency("a-virtual-machine-with-a-name", 12,
                           "irq(virtio*-rx)>softirq(NET_RX)>task(vhost-*)>work(irqfd_inject)>vcpu",
                           "total_to_sched_in", 3, 2'000'000)};
  return interval;
}

Summary good_summary() {
  Summary summary;
  summary.duration_ns = 5'000'000'000;
  summary.events = 12'345;
  summary.wakes = 500;
  summary.complete = 500;
  summary.ring_bytes = 65'536;
  summary.latency = {latency("*", {}, "*", "total", 500, 200'000),
                     latency("guest", 0, kPath, "total", 500, 200'000),
                     latency("guest", 0, kPath, "work_delay", 490, 95'000)};
  return summary;
}

std::string first_line(const std::string& text) { return text.substr(1, text.find('\n', 1) - 1); }

RenderOptions view(WakeView wakes, TextOptions text = {}) {
  RenderOptions options;
  options.wakes = wakes;
  options.text = std::move(text);
  return options;
}

struct Table : ::testing::Test {
  Captured out;
  Captured messages;
  TextRenderer sink{view(WakeView::tables), out.output(), messages.output()};

  std::string summary_of(const Summary& summary) {
    EXPECT_TRUE(sink.summary(summary));
    return out.text();
  }
};

TEST_F(Table, HeaderSaysOnceWhyEventsAreMissing) {
  Header header = arm64_header();
  header.events.push_back({"ipi_exit", false, "the kernel has no such tracepoint"});
  ASSERT_TRUE(sink.header(header));
  EXPECT_EQ(out.text(), R"(wakepath 0.1.0: Linux 6.1.0-50-cloud-arm64 aarch64, 2 CPUs
  without (the kernel has no such tracepoint): ipi_entry ipi_exit
  without (not captured): kvm_exit
)");
}

TEST_F(Table, IntervalLinesUp) {
  Header header = arm64_header();
  header.events.clear();
  ASSERT_TRUE(sink.header(header));
  ASSERT_TRUE(sink.interval(two_paths()));
  EXPECT_EQ(out.text(), R"(wakepath 0.1.0: Linux 6.1.0-50-cloud-arm64 aarch64, 2 CPUs

1.000s - 2.000s  all stored: 103 wakes of 2 vCPUs, worst p99 600us (guest vCPU 0), max 10.0ms
VM                vCPU  PATH / STAGE                                          WAKES/S     P50     P99     MAX
guest                0  timer(timerfd_tmrproc)>work(aio_poll_put_work)>vcpu     100.0
                          total                                                         200us   600us  1.00ms
                          timer_latency                                                12.3us  36.9us  61.5us
a-virtual-machi…    12  irq(virtio*-rx)>softirq(NET_RX)>task(vhost-*)>            3.0
                          work(irqfd_inject)>vcpu
                          total (to sched_in)                                          2.00ms       *  10.0ms
* not known of so few wakes: P50 takes 2, P90 10, P99 100, P99.9 1000
)");
}

TEST_F(Table, IntervalShowsTheWorstWhereNotAllFit) {
  TextRenderer small(view(WakeView::tables, {1, false}), out.output(), messages.output());
  Interval interval{0, 1'000'000'000, 17, {}};
  for (std::uint32_t vcpu = 0; vcpu < 300; ++vcpu) {
    interval.rows.push_back(
        latency("web", vcpu, "p", "total", 1, std::uint64_t{1'000} * ((vcpu * 7) % 300 + 1)));
  }
  ASSERT_TRUE(small.interval(interval));
  EXPECT_EQ(out.text(), R"(
0.000s - 1.000s  LOST 17 events (see the end): 300 wakes of 300 vCPUs, max 1.50ms (web vCPU 257)
VM   vCPU  PATH / STAGE   WAKES/S     P50     P99     MAX
web   257  p                  1.0
             total                      *       *  1.50ms
… and 299 more paths with a lower p99 (--top 300 shows all)
* not known of so few wakes: P50 takes 2, P90 10, P99 100, P99.9 1000
)");
}

TEST_F(Table, IntervalWithoutWakesSaysWhyOnce) {
  ASSERT_TRUE(sink.interval({0, 1'000'000'000, 0, {}}));
  ASSERT_TRUE(sink.interval({1'000'000'000, 2'000'000'000, 0, {}}));
  EXPECT_EQ(out.text(), R"(
0.000s - 1.000s  no wakes
  Either no VM runs, or its vCPUs never block (busy, halt polling, or WFI not trapped).

1.000s - 2.000s  no wakes
)");
}

TEST_F(Table, SummaryOfAGoodRun) {
  EXPECT_EQ(summary_of(good_summary()), R"(
Nothing lost: 500 wakes in 5.00s, all complete; worst p99 600us, max 1.00ms.
  events      12345
  wakes       500: 500 complete

VM     vCPU  PATH / STAGE                                           COUNT     P50     P90     P99   P99.9     MAX
guest     0  timer(timerfd_tmrproc)>work(aio_poll_put_work)>vcpu      500
               total                                                        200us   400us   600us       *  1.00ms
               work_delay                                             490  95.0us   190us   285us       *   475us
* not known of so few wakes: P50 takes 2, P90 10, P99 100, P99.9 1000
)");
}

TEST_F(Table, AllIsWellOnlyWhereALatencyWasJudged) {
  Summary summary = good_summary();
  VerdictResult& verdict = summary.verdicts.emplace_back();
  verdict.text = "lost = 0, not > 0";
  EXPECT_TRUE(first_line(summary_of(summary)).starts_with("Nothing lost: 500 wakes"));
  verdict.count = 500;
  Captured again;
  TextRenderer judged(view(WakeView::tables), again.output(), messages.output());
  ASSERT_TRUE(judged.summary(summary));
  EXPECT_EQ(first_line(again.text()),
            "All well: 500 wakes in 5.00s, all complete, nothing lost; worst p99 600us, max "
            "1.00ms.");
}

// The target is met, and yet some are over it; the page has the verdict above.
TEST_F(Table, NothingIsAllWellWhereWakesAreOverTheTarget) {
  Summary summary = good_summary();
  summary.target = TargetResult{900'000, "total", 3, 500};
  VerdictResult& verdict = summary.verdicts.emplace_back();
  verdict.count = 500;
  verdict.value = 600'000;
  EXPECT_TRUE(first_line(summary_of(summary))
                  .starts_with("Look out: 3 of 500 wakes over the target of 900us; 500 wakes in "));
  TextOptions page;
  page.page = true;
  Captured again;
  TextRenderer paged(view(WakeView::tables, page), again.output(), messages.output());
  ASSERT_TRUE(paged.summary(summary));
  EXPECT_NE(again.text().find("\nLook out: 3 of 500 wakes over the target"), std::string::npos)
      << again.text();
}

TEST_F(Table, WhatIsNotReadableWasNotLost) {
  Summary summary = good_summary();
  summary.lost = summary.damaged = 6'073;
  EXPECT_TRUE(first_line(summary_of(summary))
                  .starts_with("Look out: 6073 events not readable; 500 wakes in 5.00s, all "));
}

TEST_F(Table, SummarySaysWhatToDoAboutLoss) {
  Summary summary = good_summary();
  summary.complete = 480;
  summary.incomplete = {18, 0, 0, 2};
  summary.lost = 17;
  summary.latency.clear();
  EXPECT_EQ(summary_of(summary), R"(
Look out: 17 events lost, 0 missed, 0 late; 20 of 500 wakes in 5.00s incomplete.
  events      12345
  wakes       500: 480 complete, 20 incomplete (lossy 18, no_root 0, no_entry 0, cut 2)
  lost        17 events: raise --ring-size (now 64K per CPU), or ask for less with --events
)");
}

TEST_F(Table, NothingIsAllWellWhereAWakeIsIncomplete) {
  Summary summary = good_summary();
  summary.complete = 498;
  summary.incomplete = {0, 1, 0, 1};
  EXPECT_EQ(first_line(summary_of(summary)),
            "Nothing lost: 500 wakes in 5.00s, 2 incomplete (1 cut by the capture's ends); worst "
            "p99 600us, max 1.00ms.");
}

TEST_F(Table, NothingIsAllWellWhereAVcpuIsQuiet) {
  Summary summary = good_summary();
  summary.quiet.emplace_back();
  EXPECT_EQ(first_line(summary_of(summary)),
            "Nothing lost: 500 wakes in 5.00s, all complete; worst p99 600us, max 1.00ms; 1 vCPU "
            "not woken from a sleep.");
}

TEST_F(Table, NothingIsAllWellWhereAVerdictFailed) {
  Summary summary = good_summary();
  using Outcome = VerdictResult::Outcome;
  const auto add = [&summary](Outcome outcome, std::string text) {
    VerdictResult& verdict = summary.verdicts.emplace_back();
    verdict.outcome = outcome;
    verdict.text = std::move(text);
  };
  add(Outcome::failed, "wakes = 500 > 0");
  add(Outcome::passed, "lost = 0, not > 0");
  add(Outcome::not_judged, "p99.9(total) > 1ms: too few");
  const std::string text = summary_of(summary);
  EXPECT_TRUE(text.starts_with(R"(
Look out: 1 verdict failed; 1 verdict not judged; 500 wakes in 5.00s, all complete, nothing lost; worst p99 600us, max 1.00ms.
  verdict     failed: wakes = 500 > 0
  verdict     passed: lost = 0, not > 0
  verdict     not judged: p99.9(total) > 1ms: too few
)")) << text;
}

TEST_F(Table, TheFirstLineNamesTheFilterAndAnEarlyEnd) {
  Summary summary = good_summary();
  summary.filter = "--vm web --vcpu 0";
  summary.partial = Partial::interrupted;
  EXPECT_EQ(first_line(summary_of(summary)),
            "Look out: interrupted before its end; 500 wakes (--vm web --vcpu 0) in 5.00s, all "
            "complete, nothing lost; worst p99 600us, max 1.00ms.");
}

TEST_F(Table, TheWorstP99IsOfWakesThatCarryOne) {
  Summary summary = good_summary();
  summary.latency.push_back(latency("other", 1, kPath, "total", 99, 300'000));
  summary.latency.at(0).max_ns = summary.latency.back().max_ns;
  EXPECT_TRUE(first_line(summary_of(summary)).ends_with("; worst p99 600us, max 1.50ms."))
      << out.text();
}

TEST_F(Table, SummaryOfAHostWithoutGuestEntry) {
  Header header = arm64_header();
  header.events = {{"kvm_entry", true, ""}};
  ASSERT_TRUE(sink.header(header));
  WakeChain chain = kworker_chain();
  chain.ends_at = EndsAt::sched_in;
  ASSERT_TRUE(sink.wake(chain));
  Summary summary = good_summary();
  summary.wakes = 1;
  summary.complete = 0;
  summary.incomplete = {0, 0, 1, 0};
  summary.latency.clear();
  const std::string text = summary_of(summary);
  EXPECT_NE(text.find("\nNothing lost: 1 wake in 5.00s, all traced up to sched_in; guest entry "
                      "can't be seen here.\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("kvm_entry has not fired for any vCPU"), std::string::npos);
}

// Entry is not seen in any wake, and the cause not in one: that does not spoil the others.
TEST_F(Table, AWakeOfUnknownCauseIsToldApart) {
  WakeChain chain = kworker_chain();
  chain.ends_at = EndsAt::sched_in;
  ASSERT_TRUE(sink.wake(chain));
  Summary summary = good_summary();
  summary.wakes = 98;
  summary.complete = 0;
  summary.incomplete = {0, 1, 97, 0};
  summary.latency.clear();
  EXPECT_EQ(first_line(summary_of(summary)),
            "Look out: 97 of 98 wakes in 5.00s traced up to sched_in; 1 of unknown cause; guest "
            "entry can't be seen here.");
}

TEST_F(Table, SummaryWithoutWakes) {
  Summary summary;
  summary.duration_ns = 1'000'000'000;
  EXPECT_EQ(summary_of(summary), R"(
No wakes in 1.00s.
  No VM was seen.
  events      0
  wakes       0: 0 complete
)");
}

TEST_F(Table, SummaryOfASelectionWithoutWakes) {
  Summary summary;
  summary.duration_ns = 1'000'000'000;
  summary.vcpus_seen = 2;
  EXPECT_NE(summary_of(summary).find("  2 vCPUs seen, and none was woken from a sleep: busy, halt "
                                     "polling, or WFI not trapped.\n"),
            std::string::npos);
  summary.seen = 220;
  summary.filter = "--since 10s";
  EXPECT_NE(summary_of(summary).find("\nNo wakes (--since 10s) in 1.00s.\n  None of 220 wakes "
                                     "passes --since 10s: the capture ends at 1.00s.\n"),
            std::string::npos)
      << out.text();
}

// One wake, or the slowest: what was not captured comes behind them.
TEST_F(Table, TheWakeThatWasAskedForComesFirst) {
  RenderOptions options = view(WakeView::steps);
  options.one_wake = true;
  TextRenderer one(options, out.output(), messages.output());
  ASSERT_TRUE(one.header(arm64_header()));
  ASSERT_TRUE(one.wake(kworker_chain()));
  ASSERT_TRUE(one.summary({}));
  const std::string text = out.text();
  EXPECT_LT(text.find(" vCPU 0 "), text.find("  without (")) << text;
  EXPECT_NE(text.find("  without ("), std::string::npos);
}

TEST_F(Table, StepsFitATerminal) {
  TextOptions narrow;
  narrow.fit = 80;
  TextRenderer fitting(view(WakeView::steps, narrow), out.output(), messages.output());
  TextRenderer whole(view(WakeView::steps), messages.output(), messages.output());
  ASSERT_TRUE(fitting.wake(kworker_chain()));
  ASSERT_TRUE(whole.wake(kworker_chain()));
  const auto longest = [](const std::string& text) {
    std::size_t most = 0;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      most = std::max(most, end - at);
      at = end + 1;
    }
    return most;
  };
  EXPECT_GT(longest(messages.text()), 80U) << "nothing to wrap";
  EXPECT_LE(longest(out.text()), 80U) << out.text();
}

TEST_F(Table, SummaryWithProgramCosts) {
  ASSERT_TRUE(sink.header(arm64_header()));
  Summary summary = good_summary();
  summary.programs = {{"on_sched_switch", 100'000, 25'000'000, 0}, {"on_kvm_entry", 0, 0, 2}};
  const std::string text = summary_of(summary);
  EXPECT_EQ(text.substr(text.find("PROGRAM")),
            R"(PROGRAM            RUNS    TIME  PER RUN  OF ALL CPUS  MISSED
on_sched_switch  100000  25.0ms    250ns       0.250%       0
on_kvm_entry          0     0ns        -       0.000%       2
all              100000  25.0ms    250ns       0.250%       2
)");
}

TEST_F(Table, IntervalSaysWhatTheTracerCosts) {
  Interval interval{0, 1'000'000'000, 0, {}};
  interval.cost = {1'000'000'000, 20'000, 250'000, 15'000'000, false};
  interval.skipped = 7;
  ASSERT_TRUE(sink.interval(interval));
  EXPECT_NE(out.text().find("own cost so far: programs 0.50% of one CPU (250ns a run, 20000 runs), "
                            "reader 1.50%; 7 events left out\n"),
            std::string::npos)
      << out.text();
}

TEST_F(Table, SummarySaysWhatTheTracerCosts) {
  Summary summary = good_summary();
  summary.cost = {5'000'000'000, 20'000, 250'000, 75'000'000, true};
  EXPECT_NE(summary_of(summary).find("  own cost    programs ~0.10% of one CPU (~250ns a run, "
                                     "20000 runs), reader 1.50%\n"),
            std::string::npos);
}

TEST_F(Table, CostThatIsNotKnownYetIsNotZero) {
  Summary summary = good_summary();
  summary.cost = {5'000'000'000, 1, std::nullopt, 0, false};
  EXPECT_NE(
      summary_of(summary).find("  own cost    programs not known yet (1 run), reader 0.00%\n"),
      std::string::npos);
}

TEST(Wakes, LossStandsInItsPlace) {
  Captured out;
  Captured messages;
  TextRenderer sink(view(WakeView::steps), out.output(), messages.output());
  Header header = arm64_header();
  header.events.clear();
  ASSERT_TRUE(sink.header(header));
  ASSERT_TRUE(sink.loss({1, 1'500'000'000, 1'600'000'000, 1}));
  ASSERT_TRUE(sink.loss({{}, 1'500'000'000, 1'600'000'000, {}}));
  ASSERT_TRUE(sink.interval(two_paths()));
  EXPECT_EQ(out.text(), R"(wakepath 0.1.0: Linux 6.1.0-50-cloud-arm64 aarch64, 2 CPUs

! 1 event lost on CPU 1 from 0.500000000s to 0.600000000s: the wakes in it are flagged lossy
! events lost on some CPU from 0.500000000s to 0.600000000s: the wakes in it are flagged lossy
)");
}

}  // namespace
}  // namespace wakepath::present
