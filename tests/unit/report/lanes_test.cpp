// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/lanes.hpp"

#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace wakepath::report {
namespace {

class LanesTest : public ::testing::Test {
 protected:
  LanesTest() { recorder_.begin(facts_); }

  Event& event(std::uint64_t at_ns, wp_event_kind kind, std::uint32_t tid, std::uint32_t cpu = 0) {
    event_ = {};
    event_.time_ns = at_ns;
    event_.cpu = cpu;
    event_.tid = tid;
    event_.kind = kind;
    return event_;
  }
  void pass(LaneRecorder& to) { to.event(event_); }
  void switch_to(LaneRecorder& to, std::uint64_t at_ns, std::uint32_t from, std::uint32_t next,
                 const char* comm) {
    event(at_ns, WP_EVENT_SWITCH, from).payload.sched_switch.next_tid = next;
    std::strncpy(event_.payload.sched_switch.next_comm, comm, WP_COMM_BYTES - 1);
    pass(to);
  }
  void irq(LaneRecorder& to, std::uint64_t at_ns, wp_event_kind kind, std::uint32_t tid) {
    event(at_ns, kind, tid).payload.irq.irq = 13;
    event_.payload.irq.action = 0x10;
    pass(to);
  }

  // On CPU 0.
  static WakeChain wake(std::uint64_t begin_ns, std::uint64_t end_ns) {
    WakeChain chain;
    chain.begin_ns = begin_ns;
    chain.end_ns = end_ns;
    chain.stages.push_back({StageKind::wake_delay, begin_ns, end_ns, 0, "", {}, {}});
    return chain;
  }
  static std::vector<std::string> words(const Lanes& lanes) {
    std::vector<std::string> all;
    for (const Lane& lane : lanes.cpus) {
      for (const LaneSpan& span : lane.spans) {
        std::string text(name_of(span.kind));
        text += fmt::format(" {} {}-{}", span.name, span.begin_ns, span.end_ns);
        all.push_back(text);
      }
    }
    return all;
  }

  reconstruct::FactStore facts_;
  LaneRecorder recorder_{1000};
  Event event_{};
};

TEST_F(LanesTest, TellTheInnermostThingThatHasTheCpu) {
  switch_to(recorder_, 1'000'000, 0, 178, "hog");
  irq(recorder_, 1'100'000, WP_EVENT_IRQ_ENTRY, 178);
  irq(recorder_, 1'200'000, WP_EVENT_IRQ_EXIT, 178);
  switch_to(recorder_, 1'300'000, 178, 0, "swapper/0");
  const Lanes lanes = recorder_.around(wake(1'016'000, 1'400'000));
  EXPECT_EQ(lanes.begin_ns, 1'016'000U - 24'000U);
  EXPECT_EQ(words(lanes),
            (std::vector<std::string>{
                "task hog (tid 178) 1000000-1100000", "irq irq (irq 13) 1100000-1200000",
                "task hog (tid 178) 1200000-1300000", "idle  1300000-1424000"}));
  EXPECT_FALSE(lanes.known_from_ns);
}

TEST_F(LanesTest, TellTheGuestUpToTheNextEvent) {
  switch_to(recorder_, 1'000'000, 0, 96, "CPU 0/KVM");
  event(1'100'000, WP_EVENT_KVM_ENTRY, 96);
  pass(recorder_);
  irq(recorder_, 1'300'000, WP_EVENT_IRQ_ENTRY, 96);
  const Lanes lanes = recorder_.around(wake(1'000'000, 1'400'000));
  ASSERT_EQ(lanes.cpus.size(), 1U);
  ASSERT_EQ(lanes.cpus[0].spans.size(), 3U);
  EXPECT_EQ(lanes.cpus[0].spans[1].kind, LaneKind::guest);
  EXPECT_EQ(lanes.cpus[0].spans[1].begin_ns, 1'100'000U);
  EXPECT_EQ(lanes.cpus[0].spans[1].end_ns, 1'300'000U);
}

TEST_F(LanesTest, KnowNothingAfterALoss) {
  switch_to(recorder_, 1'000'000, 0, 178, "hog");
  recorder_.loss({0U, 1'100'000, 1'200'000, 1, order::LossInterval::Kind::lost});
  switch_to(recorder_, 1'300'000, 178, 0, "swapper/0");
  const Lanes lanes = recorder_.around(wake(1'000'000, 1'400'000));
  EXPECT_EQ(words(lanes),
            (std::vector<std::string>{"task hog (tid 178) 1000000-1100000",
                                      "unknown  1100000-1300000", "idle  1300000-1425000"}));
}

TEST_F(LanesTest, SayFromWhenOnTheyAreKnown) {
  LaneRecorder few(2);
  few.begin(facts_);
  for (std::uint64_t i = 0; i < 8; i += 2) {
    switch_to(few, 1'000'000 + i * 100'000, 0, 178, "hog");
    switch_to(few, 1'000'000 + (i + 1) * 100'000, 178, 0, "swapper/0");
  }
  const Lanes lanes = few.around(wake(1'000'000, 1'700'000));
  ASSERT_TRUE(lanes.known_from_ns);
  EXPECT_EQ(*lanes.known_from_ns, 1'500'000U);
  ASSERT_EQ(lanes.cpus.size(), 1U);
  EXPECT_EQ(lanes.cpus[0].spans.front().begin_ns, 1'500'000U);
}

// Each wake may be worse than all before it. The last ones have what the time allows.
TEST_F(LanesTest, LookAtLessOnceMuchWasLookedAt) {
  constexpr std::uint64_t kSpans = 20'000;
  LaneRecorder many(kSpans);
  many.begin(facts_);
  for (std::uint64_t i = 0; i < kSpans; i += 2) {
    switch_to(many, 1'000'000 + i * 100, 0, 178, "hog");
    switch_to(many, 1'000'000 + (i + 1) * 100, 178, 0, "swapper/0");
  }
  const WakeChain chain = wake(1'000'000, 1'000'000 + kSpans * 100);
  EXPECT_FALSE(many.around(chain).known_from_ns) << "the first is whole";
  WakeChain elsewhere = chain;  // looks at as much, and has nothing to show
  elsewhere.stages.front().cpu = 3;
  for (int i = 0; i < 500; ++i) {
    static_cast<void>(many.around(elsewhere));
  }
  const Lanes last = many.around(chain);
  ASSERT_TRUE(last.known_from_ns);
  EXPECT_GT(*last.known_from_ns, 1'000'000 + kSpans * 50);
  ASSERT_EQ(last.cpus.size(), 1U);
  EXPECT_FALSE(last.cpus[0].spans.empty());
}

TEST_F(LanesTest, JoinWhatIsTooShortToBeToldApart) {
  LaneRecorder many(100'000);
  many.begin(facts_);
  for (std::uint64_t i = 0; i < 50'000; i += 2) {
    switch_to(many, 1'000'000 + i * 100, 0, 178, "hog");
    switch_to(many, 1'000'000 + (i + 1) * 100, 178, 0, "swapper/0");
  }
  const Lanes lanes = many.around(wake(1'000'000, 6'000'000));
  ASSERT_EQ(lanes.cpus.size(), 1U);
  EXPECT_LE(lanes.cpus[0].spans.size(), 1300U);
  EXPECT_GT(lanes.cpus[0].spans[10].count, 1U);
  EXPECT_EQ(lanes.cpus[0].spans.front().begin_ns, 1'000'000U);
}

}  // namespace
}  // namespace wakepath::report
