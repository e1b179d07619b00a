// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/record_maker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/maker_fixture.hpp"
#include "record/decoder.hpp"

namespace wakepath::foreign {
namespace {

TEST(RecordMaker, ATimersWakeHasItsExpiryAndItsNames) {
  Told told;
  told.trace.kvm_exit(0);
  told.trace.sleep(10);
  told.trace.wake();
  const auto& wakes = told.wakes();
  ASSERT_EQ(wakes.size(), 1U);
  EXPECT_EQ(wakes[0].path, "timer(kvm_bg_timer_expire)>vcpu");
  EXPECT_EQ(wakes[0].root.irq_name, "arch_timer");
  EXPECT_EQ(wakes[0].root.expiry_ns, kStart + 1000'000);
  EXPECT_EQ(wakes[0].total_ns(), 60'000U);
  EXPECT_EQ(wakes[0].who.vcpu, 3U);
  EXPECT_TRUE(wakes[0].complete());
  ASSERT_EQ(told.told.headers.size(), 1U);
  EXPECT_EQ(told.told.headers[0].arch, "aarch64");
  EXPECT_THAT(told.told.headers[0].events,
              ::testing::Contains(::testing::Field(&EventState::event, "sched_switch")));
}

TEST(RecordMaker, AVcpuThatTheTraceNumbersNeedsNoName) {
  Told told;
  TraceEvent& entry = told.trace.next(0, WP_EVENT_KVM_ENTRY, 10);
  entry.comm = "fc_vcpu 5";
  entry.vcpu = 5;
  TraceEvent& exit = told.trace.next(1, WP_EVENT_KVM_EXIT, 10);
  exit.payload.kvm_exit.ret = 12;
  exit.x86 = true;
  told.trace.sleep(10);
  told.trace.wake();
  const auto& wakes = told.wakes();
  ASSERT_EQ(wakes.size(), 1U);
  EXPECT_EQ(wakes[0].who.vcpu, 5U);
}

TEST(RecordMaker, KvmsNumberIsTakenBeforeTheThreadsName) {
  Told told;
  told.trace.kvm_exit(0);  // of "CPU 3/KVM"
  told.trace.next(1, WP_EVENT_KVM_ENTRY, 10).vcpu = 4;
  told.trace.kvm_exit(2);
  told.trace.sleep(10);
  told.trace.wake();
  const auto& wakes = told.wakes();
  ASSERT_EQ(wakes.size(), 1U);
  EXPECT_EQ(wakes[0].who.vcpu, 4U);
}

TEST(RecordMaker, InASoftirqATimersLineMayBeAnothersVcpus) {
  Told told;
  told.trace.kvm_exit(0);  // of "CPU 3/KVM"
  TraceEvent& other = told.trace.next(1, WP_EVENT_KVM_TIMER_UPDATE_IRQ, 10);
  other.context = WP_CONTEXT_KNOWN | WP_CONTEXT_SOFTIRQ;
  other.payload.timer_irq.vcpu_id = 8;
  told.trace.sleep(10);
  told.trace.wake();
  const auto& wakes = told.wakes();
  ASSERT_EQ(wakes.size(), 1U);
  EXPECT_EQ(wakes[0].who.vcpu, 3U);
}

TEST(RecordMaker, AnotherClockGivesNoExpiry) {
  Told told;
  told.trace.kvm_exit(0);
  told.trace.sleep(10);
  told.trace.wake(70'000);
  const auto& wakes = told.wakes();
  ASSERT_EQ(wakes.size(), 1U);
  EXPECT_FALSE(wakes[0].root.expiry_ns);
  EXPECT_EQ(wakes[0].begin_ns, kStart + 1005'000) << "it begins at the interrupt";
  EXPECT_THAT(told.told.notices,
              ::testing::Contains(::testing::HasSubstr("at least 69994 us off")));
}

TEST(RecordMaker, ASleepThatBeganBeforeTheTraceIsAWake) {
  Told told;
  told.trace.wake();
  ASSERT_EQ(told.wakes().size(), 1U);
}

TEST(RecordMaker, EachWakeIsTold) {
  Told told;
  for (; told.trace.since_us < 200'000; told.trace.since_us += 10'000) {
    told.trace.sleep(10);
    told.trace.wake();
  }
  EXPECT_EQ(told.wakes().size(), 20U) << "kvm_vcpu_wakeup says so, without kvm_exit";
}

TEST(RecordMaker, ACallbackThatIsLateIsKnownToBe) {
  Told told;
  told.trace.kvm_exit(0);
  for (; told.trace.since_us < 50'000; told.trace.since_us += 10'000) {
    told.trace.sleep(10);
    told.trace.wake(told.trace.since_us == 20'000 ? 900 : 2);
  }
  for (const WakeChain& wake : told.wakes()) {
    EXPECT_TRUE(wake.root.expiry_ns);
  }
}

TEST(RecordMaker, AClockOfNoTimerIsSaidToBeUnknown) {
  Told told(TraceClock::local);
  told.trace.kvm_exit(0);
  EXPECT_EQ(told.wakes().size(), 0U);
  EXPECT_THAT(told.told.notices, ::testing::Contains(::testing::HasSubstr("of its own")));
}

TEST(RecordMaker, AWakingInUserSpaceIsNone) {
  Told told;
  told.trace.kvm_exit(0);
  told.trace.next(5, WP_EVENT_KVM_USERSPACE_EXIT, 10);
  told.trace.sleep(10);
  told.trace.wake(2, false);
  EXPECT_EQ(told.wakes().size(), 0U);
}

TEST(RecordMaker, EventsOfOneTimeStayInTheTracesOrder) {
  Told told(TraceClock::monotonic);
  TraceEvent event;
  event.time_ns = kStart;
  event.kind = WP_EVENT_CPU_IDLE;
  event.cpu = 1;
  ASSERT_TRUE(told.maker.event(event));
  event.cpu = 0;
  ASSERT_TRUE(told.maker.event(event));
  told.wakes();
  EXPECT_EQ(told.told.summary().events, 2U);
  EXPECT_EQ(told.told.summary().late, 0U);
  EXPECT_EQ(told.told.summary().duration_ns, 1001U + 1) << "one nanosecond apart";
}

TEST(RecordMaker, ATraceWithoutAnEventIsStillATrace) {
  Told told;
  EXPECT_EQ(told.wakes().size(), 0U);
  ASSERT_EQ(told.told.headers.size(), 1U);
  ASSERT_TRUE(told.told.headers[0].trace);
  EXPECT_EQ(told.told.headers[0].trace->form, "a test");
  EXPECT_THAT(told.told.notices, ::testing::ElementsAre(::testing::HasSubstr("no event")));
}

TEST(RecordMaker, ATraceThatLostAllItsEventsSaysSo) {
  Told told;
  ASSERT_TRUE(told.maker.lost({0, 17}));
  ASSERT_TRUE(told.maker.lost({std::nullopt, std::nullopt}));
  EXPECT_EQ(told.wakes().size(), 0U);
  EXPECT_THAT(told.told.notices,
              ::testing::ElementsAre(::testing::HasSubstr("no event that wakepath uses, and says "
                                                          "that it lost 18 or more")));
}

TEST(RecordMaker, AFloodOfOneTimeIsNotHeldForEver) {
  struct Counter final : RecordSink {
    Result<void> record(RecordView view) override {
      events += view.type() == WP_RECORD_BATCH ? view.count() : 0U;
      return {};
    }
    std::size_t events{0};
  } counter;
  RecordMaker maker(counter);
  TraceEvent event;
  event.time_ns = kStart;
  event.kind = WP_EVENT_CPU_IDLE;
  constexpr std::size_t kMany = 1'100'000;
  for (std::size_t i = 0; i < kMany; ++i) {
    ASSERT_TRUE(maker.event(event));
  }
  EXPECT_GE(counter.events, 1'000'000U) << "written before the end";
  ASSERT_TRUE(maker.finish());
}

TEST(RecordMaker, AnInterruptThatEndsHasTheActionThatBeganLast) {
  struct Actions final : RecordSink {
    Result<void> record(RecordView view) override {
      record::Batch batch;
      if (view.type() == WP_RECORD_BATCH && record::decode_batch(view, batch)) {
        for (const Event& event : batch.events) {
          (event.kind == WP_EVENT_IRQ_ENTRY ? entered : left).push_back(event.payload.irq.action);
        }
      }
      return {};
    }
    std::vector<std::uint64_t> entered, left;
  } actions;
  RecordMaker maker(actions);
  TraceEvent event;
  event.time_ns = kStart;
  const auto irq = [&](wp_event_kind kind, std::string_view name) {
    event.time_ns += 1000;
    event.kind = kind;
    event.name = name;
    event.payload.irq.irq = 13;
    ASSERT_TRUE(maker.event(event));
  };
  constexpr std::size_t kLost = 100;
  for (std::size_t i = 0; i < kLost; ++i) {
    irq(WP_EVENT_IRQ_ENTRY, "eth0");  // the end of each is lost
  }
  irq(WP_EVENT_IRQ_ENTRY, "usb1");
  irq(WP_EVENT_IRQ_EXIT, "");
  irq(WP_EVENT_IRQ_ENTRY, "eth0");
  irq(WP_EVENT_IRQ_EXIT, "");
  ASSERT_TRUE(maker.finish());
  ASSERT_EQ(actions.entered.size(), kLost + 2);
  const std::uint64_t eth0 = actions.entered.front();
  const std::uint64_t usb1 = actions.entered[kLost];
  EXPECT_NE(usb1, eth0);
  EXPECT_THAT(actions.left, ::testing::ElementsAre(usb1, eth0));
}

}  // namespace
}  // namespace wakepath::foreign
