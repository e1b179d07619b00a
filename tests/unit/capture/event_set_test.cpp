// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/event_set.hpp"

#include <gtest/gtest.h>

#include "capture/catalogue.hpp"

namespace wakepath::capture {
namespace {

TEST(EventSet, DefaultLeavesTheExpensiveOnesOut) {
  const EventSet set = EventSet::parse("default").value();
  EXPECT_EQ(set.kinds, EventSet::production().kinds);
  EXPECT_TRUE(set.kinds.test(WP_EVENT_KVM_ENTRY));
  EXPECT_FALSE(set.kinds.test(WP_EVENT_KVM_EXIT));
  EXPECT_FALSE(set.kinds.test(WP_EVENT_HRTIMER_START));
  EXPECT_FALSE(set.every_kvm_event);
}

TEST(EventSet, FullIsAllOfThem) {
  const EventSet set = EventSet::parse("full").value();
  EXPECT_EQ(set.kinds.count(), catalogue().size());
  EXPECT_TRUE(set.every_kvm_event);
}

TEST(EventSet, SignsChangeTheDefault) {
  const EventSet set = EventSet::parse("+kvm_exit,-cpu_idle").value();
  EXPECT_TRUE(set.kinds.test(WP_EVENT_KVM_EXIT));
  EXPECT_FALSE(set.kinds.test(WP_EVENT_CPU_IDLE));
  EXPECT_TRUE(set.kinds.test(WP_EVENT_WAKEUP));
}

TEST(EventSet, SignsChangeANamedBase) {
  const EventSet set = EventSet::parse("full,-ipi_entry").value();
  EXPECT_FALSE(set.kinds.test(WP_EVENT_IPI_ENTRY));
  EXPECT_TRUE(set.kinds.test(WP_EVENT_KVM_EXIT));
}

TEST(EventSet, NamesStandForThemselvesAndTheLeast) {
  const EventSet set = EventSet::parse("irq_handler_entry,hrtimer_expire_entry").value();
  EXPECT_EQ(set.kinds.count(), 4U);
  EXPECT_TRUE(set.kinds.test(WP_EVENT_WAKING));
  EXPECT_TRUE(set.kinds.test(WP_EVENT_SWITCH));
}

TEST(EventSet, RefusesWhatItDoesNotKnow) {
  for (const char* text : {"", "sched_swich", "default,default", "+", "-sched_waking"}) {
    const auto set = EventSet::parse(text);
    ASSERT_FALSE(set) << text;
    EXPECT_EQ(set.error().kind, ErrorKind::usage) << text;
  }
  EXPECT_NE(EventSet::parse("+ipi_raise").error().message.find("no longer"), std::string::npos);
  EXPECT_NE(EventSet::parse("x").error().fix.find("kvm_entry"), std::string::npos);
}

}  // namespace
}  // namespace wakepath::capture
