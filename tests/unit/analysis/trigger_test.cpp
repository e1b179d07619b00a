// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/trigger.hpp"

#include <gtest/gtest.h>

namespace wakepath::analysis {
namespace {

// 30 us: 20 us of waiting, of which a task had 15, then 10 us of entry.
WakeChain slow_wake() {
  WakeChain chain;
  chain.who = {"web 1", 95, 3, 96};
  chain.path = "timer(kvm_bg_timer_expire)>vcpu";
  chain.root.kind = RootKind::timer;
  chain.begin_ns = 1'000'000;
  chain.end_ns = 1'030'000;
  Stage wait;
  wait.kind = StageKind::wake_delay;
  wait.begin_ns = 1'000'000;
  wait.end_ns = 1'020'000;
  wait.sub = {{"run_queue_delay", 1'004'000, 1'020'000, {}}};
  wait.blame = {{BlameKind::task, "hog", 15'000, 7, {}, {}},
                {BlameKind::self, "", 5'000, {}, {}, {}}};
  Stage entry;
  entry.kind = StageKind::vcpu_entry;
  entry.begin_ns = 1'020'000;
  entry.end_ns = 1'030'000;
  chain.stages = {wait, entry};
  return chain;
}

bool meets(const std::string& text, const WakeChain& chain) {
  const auto trigger = Trigger::parse(text);
  EXPECT_TRUE(trigger) << text << ": " << trigger.error().message;
  return trigger && trigger->met_by(chain);
}

TEST(Trigger, ComparesTotalStagesSubStagesAndBlame) {
  const WakeChain chain = slow_wake();
  for (const char* text :
       {"total > 29us", "total >= 30us", "total == 30us", "total<31us", "wake_delay > 19us",
        "vcpu_entry <= 10us", "run_queue_delay >= 16us", "blame(task(hog)) > 14us",
        "blame(task(h*)) >= 15us", "blame(task) > 1us", "blame(task(7)) > 1us",
        "total > 1us and wake_delay > 1us", "total > 1us && vm == \"web 1\"", "total != 1us",
        "total > 1us and vm == web*", "total > 1us and path == timer*", "total > 1us and vm != db",
        " total > 1us and blame(task(hog)) > 1us and vm == web* "}) {
    EXPECT_TRUE(meets(text, chain)) << text;
  }
  for (const char* text :
       {"total > 30us", "total_to_sched_in > 1us", "total_from_irq > 1us", "irq_entry > 1ns",
        "block_exit > 1ns", "blame(task(dog)) > 1ns", "blame(softirq) > 1ns",
        "total > 1us and vm == db", "total > 1us and vm != web*", "total > 1us and path == irq*",
        "lost > 0", "signal"}) {
    EXPECT_FALSE(meets(text, chain)) << text;
  }
}

TEST(Trigger, AWakeThatALossMayHaveTouchedMeetsNothing) {
  WakeChain chain = slow_wake();
  chain.flags.set(Flag::lossy);
  EXPECT_FALSE(meets("total > 1us", chain));
  EXPECT_FALSE(meets("wake_delay > 1us", chain));
}

TEST(Trigger, SaysWhatWasMeasuredAndByHowMuch) {
  const auto trigger = Trigger::parse("total > 15us and wake_delay > 5us");
  ASSERT_TRUE(trigger);
  const auto met = trigger->met_by(slow_wake());
  ASSERT_TRUE(met);
  EXPECT_DOUBLE_EQ(met->times_limit, 4.0);
  EXPECT_EQ(met->measured, "wake_delay 20.0us");
}

TEST(Trigger, CountsLostEvents) {
  const auto trigger = Trigger::parse("lost > 10");
  ASSERT_TRUE(trigger);
  EXPECT_FALSE(trigger->met_by_loss(10));
  ASSERT_TRUE(trigger->met_by_loss(20));
  EXPECT_EQ(trigger->met_by_loss(20)->measured, "lost 20");
  EXPECT_FALSE(Trigger::parse("lost >= 0")->met_by_loss(0));
}

TEST(Trigger, SaysWhichPartCannotBeRead) {
  for (const auto& [text, part] : std::initializer_list<std::pair<const char*, const char*>>{
           {"", "''"},
           {"total", "'total'"},
           {"totl > 1us", "did you mean 'total'"},
           {"total > 5", "'5'"},
           {"total > fast", "'fast'"},
           {"lost > many", "'many'"},
           {"vm == web*", "a latency must stand in it"},
           {"vm > web and total > 1us", "== or !="},
           {"total > 1us and", "can't read"},
           {"blame(hog) > 1us", "a culprit is"},
           {"p99(total) > 1us", "'p99(total)'"}}) {
    const auto trigger = Trigger::parse(text);
    ASSERT_FALSE(trigger) << text;
    EXPECT_EQ(trigger.error().kind, ErrorKind::usage);
    EXPECT_NE(trigger.error().message.find(part), std::string::npos) << trigger.error().message;
  }
}

}  // namespace
}  // namespace wakepath::analysis
