// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/survey.hpp"

#include <gtest/gtest.h>

namespace wakepath::foreign {
namespace {

constexpr std::uint32_t kTid = 10;

TraceEvent of(wp_event_kind kind, std::uint64_t time_ns, std::uint32_t tid) {
  TraceEvent event;
  event.kind = kind;
  event.time_ns = time_ns;
  event.tid = tid;
  return event;
}

void feed(Survey& survey, const TraceEvent& event) { EXPECT_TRUE(survey.event(event)); }

TraceEvent to(std::uint64_t time_ns, std::uint32_t prev, std::uint32_t next,
              std::string_view name = "") {
  TraceEvent event = of(WP_EVENT_SWITCH, time_ns, prev);
  event.payload.sched_switch.next_tid = next;
  event.payload.sched_switch.prev_state = 1;
  event.other_comm = name;
  return event;
}

bool is_vcpu(const Survey& survey, std::uint64_t time_ns = 1) {
  const ThreadLife* life = survey.thread(kTid, time_ns);
  return life != nullptr && survey.is_vcpu(*life);
}

TEST(Survey, AThreadInKvmIsAVcpuFromTheBegin) {
  Survey survey;
  feed(survey, to(1, 0, kTid, "qemu"));
  EXPECT_FALSE(is_vcpu(survey));
  feed(survey, of(WP_EVENT_KVM_ENTRY, 2, kTid));
  ASSERT_TRUE(is_vcpu(survey));
  EXPECT_TRUE(survey.starts_inside(*survey.thread(kTid, 1)));
}

TEST(Survey, WhereKvmVcpuWakeupIsThereItSaysWhoSlept) {
  Survey survey;
  feed(survey, of(WP_EVENT_KVM_ENTRY, 2, kTid));
  feed(survey, of(WP_EVENT_KVM_VCPU_WAKEUP, 3, kTid));
  EXPECT_FALSE(survey.starts_inside(*survey.thread(kTid, 1)));
}

TEST(Survey, ANameIsEnoughWhereTheTraceHasNothingOfKvm) {
  Survey survey;
  feed(survey, to(1, 0, kTid, "CPU 3/KVM"));
  feed(survey, to(2, kTid, 0));
  ASSERT_TRUE(is_vcpu(survey));
  EXPECT_EQ(survey.thread(kTid, 1)->number, 3U);
}

TEST(Survey, ANameIsNotEnoughForOneThatRunsWithoutKvm) {
  Survey survey;
  feed(survey, of(WP_EVENT_KVM_ENTRY, 1, 77));
  feed(survey, to(2, 0, kTid, "CPU 3/KVM"));
  EXPECT_TRUE(is_vcpu(survey)) << "its turn is not over";
  feed(survey, to(3, kTid, 0));
  EXPECT_FALSE(is_vcpu(survey));
}

TEST(Survey, ATurnThatALossTouchesSaysNothing) {
  Survey survey;
  feed(survey, of(WP_EVENT_KVM_ENTRY, 1, 77));
  feed(survey, to(2, 0, kTid, "CPU 3/KVM"));
  EXPECT_TRUE(survey.lost({}));
  feed(survey, to(3, kTid, 0));
  EXPECT_TRUE(is_vcpu(survey));
}

TEST(Survey, AThreadThatHasANumberLaterIsAnother) {
  Survey survey;
  feed(survey, of(WP_EVENT_KVM_ENTRY, 1, kTid));
  TraceEvent exit = of(WP_EVENT_TASK_EXIT, 5, kTid);
  exit.payload.task_exit.tid = kTid;
  feed(survey, exit);
  feed(survey, to(9, 0, kTid, "bash"));
  EXPECT_TRUE(is_vcpu(survey, 5));
  EXPECT_FALSE(is_vcpu(survey, 9));
}

}  // namespace
}  // namespace wakepath::foreign
