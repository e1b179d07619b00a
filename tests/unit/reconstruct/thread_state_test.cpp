// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/thread_state.hpp"

#include <gtest/gtest.h>

namespace wakepath::reconstruct::testing {

namespace {

Event switched(std::uint64_t time_ns, std::uint32_t prev, std::uint32_t next, std::uint32_t state,
               bool preempt = false) {
  Event event{};
  event.time_ns = time_ns;
  event.tid = prev;
  event.kind = WP_EVENT_SWITCH;
  event.payload.sched_switch = {};
  event.payload.sched_switch.next_tid = next;
  event.payload.sched_switch.prev_state = state;
  event.payload.sched_switch.preempt = preempt ? 1 : 0;
  event.payload.sched_switch.next_comm[0] = 'x';
  return event;
}

Event waking(std::uint64_t time_ns, std::uint32_t waker, std::uint32_t wakee) {
  Event event{};
  event.time_ns = time_ns;
  event.tid = waker;
  event.kind = WP_EVENT_WAKING;
  event.payload.wake = {wakee, 0, 120, 0};
  return event;
}

CausePtr some_irq() {
  auto cause = std::make_shared<Cause>();
  cause->entry_ns = 50;
  cause->acted_ns = 60;
  return cause;
}

using Run = ThreadState::Run;

}  // namespace

TEST(ThreadState, RunsThroughItsStates) {
  ThreadTracker threads;
  threads.switched(switched(10, 0, 7, 0));
  EXPECT_EQ(threads.find(7)->run, Run::running);
  EXPECT_TRUE(threads.find(7)->wake_missing) << "it got its CPU, nobody saw why";
  threads.switched(switched(20, 7, 0, 1));
  EXPECT_EQ(threads.find(7)->run, Run::blocked);
  EXPECT_EQ(threads.find(7)->blocked_ns, 20U);
  threads.waking(waking(60, 0, 7), some_irq());
  EXPECT_EQ(threads.find(7)->run, Run::runnable);
  threads.switched(switched(70, 0, 7, 0));
  EXPECT_EQ(threads.find(7)->run, Run::running);
  EXPECT_FALSE(threads.find(7)->wake_missing);
  threads.switched(switched(80, 7, 8, 0, true));
  EXPECT_EQ(threads.find(7)->run, Run::runnable);
  threads.switched(switched(90, 8, 7, 1));
  EXPECT_EQ(threads.find(7)->first_in_ns, 70U) << "of this wake";
  EXPECT_EQ(threads.find(7)->sched_in_ns, 90U);
}

TEST(ThreadState, AWakingBeforeTheSwitchOutBelongsToThatSleep) {
  ThreadTracker threads;
  threads.switched(switched(10, 0, 7, 0));
  threads.waking(waking(60, 8, 7), some_irq());
  threads.switched(switched(61, 7, 0, 1));
  EXPECT_EQ(threads.find(7)->run, Run::runnable);
  threads.switched(switched(70, 0, 7, 0));
  EXPECT_FALSE(threads.find(7)->wake_missing);
  EXPECT_EQ(threads.find(7)->waking_ns, 60U);
}

TEST(ThreadState, PreemptionWithAStateIsNoSleep) {
  ThreadTracker threads;
  threads.switched(switched(10, 0, 7, 0));
  threads.switched(switched(20, 7, 0, 1, true));
  EXPECT_EQ(threads.find(7)->run, Run::runnable);
}

TEST(ThreadState, IdleHasNone) {
  ThreadTracker threads;
  threads.switched(switched(10, 0, 0, 0));
  EXPECT_EQ(threads.size(), 0U);
}

TEST(ThreadState, ThreadsThatExitAreForgotten) {
  ThreadTracker threads;
  for (std::uint32_t tid = 1; tid <= 1'000; ++tid) {
    threads.switched(switched(std::uint64_t{tid} * 10, 0, tid, 0));
    threads.exited(tid);
    threads.switched(switched(tid * 10 + 5, tid, 0, 0x80));
  }
  EXPECT_EQ(threads.size(), 0U);
  threads.switched(switched(20'000, 0, 7, 0));
  threads.exited(7);
  threads.switched(switched(20'010, 7, 0, 0, true));
  EXPECT_EQ(threads.size(), 1U) << "preempted on its way out: it comes back";
}

TEST(ThreadState, ATaskIsFollowedBackToWhatWokeIt) {
  ThreadTracker threads;
  threads.switched(switched(10, 7, 0, 1));
  threads.waking(waking(60, 0, 7), some_irq());
  threads.switched(switched(70, 0, 7, 0));
  const CausePtr cause = threads.task_cause(waking(90, 7, 96), false, nullptr);
  ASSERT_TRUE(cause);
  EXPECT_FALSE(cause->broken);
  EXPECT_EQ(cause->requested_ns, 60U);
  EXPECT_EQ(cause->entry_ns, 70U);
  EXPECT_EQ(cause->acted_ns, 90U);
  EXPECT_EQ(cause->task, "x");
  ASSERT_TRUE(cause->parent);
  EXPECT_EQ(cause->parent->entry_ns, 50U);
  EXPECT_FALSE(threads.task_cause(waking(90, 7, 96), true, nullptr)->parent)
      << "a vCPU's thread is the end";
}

TEST(ThreadState, ATaskHasItsFirstNameUntilASwitchNamesIt) {
  ThreadTracker threads;
  const std::string first = "poller";
  EXPECT_EQ(threads.task_cause(waking(5, 7, 96), false, &first)->task, "poller");
  threads.switched(switched(10, 7, 0, 0));
  EXPECT_EQ(threads.task_cause(waking(15, 7, 96), false, &first)->task, "poller");
  threads.switched(switched(20, 0, 7, 0));
  EXPECT_EQ(threads.task_cause(waking(25, 7, 96), false, &first)->task, "x");
}

TEST(ThreadState, ATaskThatActsAsleepIsNotBelieved) {
  ThreadTracker threads;
  threads.waking(waking(5, 0, 7), some_irq());
  threads.switched(switched(10, 0, 7, 0));
  threads.switched(switched(20, 7, 0, 1));
  EXPECT_TRUE(threads.task_cause(waking(90, 7, 96), false, nullptr)->broken);
}

TEST(ThreadState, IdleIsNoCause) {
  const ThreadTracker threads;
  EXPECT_FALSE(threads.task_cause(waking(90, 0, 96), false, nullptr));
}

TEST(WorkTracker, JoinsAnItemWithWhoQueuedIt) {
  Event event{};
  event.payload.work = {0x1000, 0x2000, 0, 0};
  event.time_ns = 100;
  WorkTracker work;
  work.queued(event, some_irq());
  EXPECT_EQ(work.size(), 1U);
  ThreadState worker;
  event.time_ns = 150;
  work.started(event, worker);
  EXPECT_EQ(work.size(), 0U);
  ASSERT_TRUE(worker.work);
  EXPECT_EQ(worker.work->queued_ns, 100U);
  EXPECT_EQ(worker.work->start_ns, 150U);
  event.payload.work.work = 0x3000;
  WorkTracker::ended(event, worker);
  EXPECT_TRUE(worker.work) << "the end of another";
  event.payload.work.work = 0x1000;
  WorkTracker::ended(event, worker);
  EXPECT_FALSE(worker.work);
}

TEST(WorkTracker, ForgetsWhatWasCancelled) {
  Event event{};
  event.payload.work = {0x1000, 0x2000, 0, 0};
  event.time_ns = 100;
  WorkTracker work;
  work.queued(event, some_irq());
  work.forget_before(100);
  EXPECT_EQ(work.size(), 1U);
  work.forget_before(101);
  EXPECT_EQ(work.size(), 0U);
}

}  // namespace wakepath::reconstruct::testing
