// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/record_maker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/decoder.hpp"
#include "support/recording_sink.hpp"
#include "wakepath/pipeline.hpp"

namespace wakepath::foreign {
namespace {

constexpr std::uint64_t kStart = 5'000'000'000;

// A vCPU of one CPU that sleeps until its timer, told as a trace does.
class Trace {
 public:
  explicit Trace(TraceSink& sink) : sink_(sink) {}

  TraceEvent& next(std::uint64_t at_us, wp_event_kind kind, std::uint32_t tid) {
    flush();
    event_ = TraceEvent{};
    event_->time_ns = kStart + (since_us + at_us) * 1000;
    event_->kind = kind;
    event_->tid = tid;
    event_->context = WP_CONTEXT_KNOWN;
    return *event_;
  }
  void flush() {
    if (event_) {
      EXPECT_TRUE(sink_.event(*event_));
      event_.reset();
    }
  }

  std::uint64_t since_us{0};

  void kvm_exit(std::uint64_t at_us) {
    TraceEvent& event = next(at_us, WP_EVENT_KVM_EXIT, 10);
    event.comm = "CPU 3/KVM";
    event.payload.kvm_exit = {2, 1};
  }
  void sleep(std::uint64_t at_us) {
    TraceEvent& event = next(at_us, WP_EVENT_SWITCH, 10);
    event.payload.sched_switch.prev_state = 1;
    TraceEvent& arm = next(at_us + 1, WP_EVENT_HRTIMER_START, 10);
    arm.payload.hrtimer_start = {77, 0,
                                 static_cast<std::int64_t>(kStart + (since_us + 1000) * 1000), 0};
    arm.name = "kvm_bg_timer_expire";
  }
  // `behind_us`: how far the trace's clock is from the timer's.
  void wake(std::uint64_t behind_us = 2, bool known_since = true) {
    irq(WP_EVENT_IRQ_ENTRY, 1005);
    TraceEvent& expire = hard(WP_EVENT_HRTIMER_EXPIRE_ENTRY, 1010);
    expire.payload.hrtimer.timer = 77;
    expire.name = "kvm_bg_timer_expire";
    expire.now_ns = expire.time_ns - behind_us * 1000;
    hard(WP_EVENT_WAKING, 1020).payload.wake = {10, 0, 120, 0};
    hard(WP_EVENT_HRTIMER_EXPIRE_EXIT, 1025).payload.hrtimer.timer = 77;
    irq(WP_EVENT_IRQ_EXIT, 1030);
    TraceEvent& in = next(1040, WP_EVENT_SWITCH, 0);
    in.payload.sched_switch.next_tid = 10;
    in.other_comm = "CPU 3/KVM";
    if (known_since) {
      next(1050, WP_EVENT_KVM_VCPU_WAKEUP, 10).payload.vcpu_wakeup = {1000, 1, 1, {}};
    }
    next(1060, WP_EVENT_KVM_ENTRY, 10);
  }

 private:
  TraceEvent& hard(wp_event_kind kind, std::uint64_t at_us) {
    TraceEvent& event = next(at_us, kind, 0);
    event.context = WP_CONTEXT_KNOWN | WP_CONTEXT_HARDIRQ;
    return event;
  }
  void irq(wp_event_kind kind, std::uint64_t at_us) {
    TraceEvent& event = hard(kind, at_us);
    event.payload.irq.irq = 13;
    event.name = kind == WP_EVENT_IRQ_ENTRY ? "arch_timer" : "";
  }

  TraceSink& sink_;
  std::optional<TraceEvent> event_;
};

struct Told {
  wakepath::testing::Recording told;
  wakepath::testing::RecordingSink sink{told};
  Pipeline pipeline{{}, sink};
  RecordMaker maker{pipeline};
  Trace trace{maker};

  explicit Told(TraceClock clock = TraceClock::unknown) {
    TraceInfo info;
    info.form = "a test";
    info.clock = clock;
    info.resolution_ns = 1000;
    EXPECT_TRUE(maker.about(info));
  }
  const std::vector<WakeChain>& wakes() {
    trace.flush();
    EXPECT_TRUE(maker.finish());
    EXPECT_TRUE(pipeline.finish());
    return told.wakes;
  }
};

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
  EXPECT_THAT(told.told.notices, ::testing::Contains(::testing::HasSubstr("70000 us off")));
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
    told.trace.wake(told.trace.since_us == 20'000 ? 1500 : 2);
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
  EXPECT_GT(counter.events, 1'000'000U) << "written before the end";
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

TEST(RecordMaker, ALossIsOfItsCpuAndItsPlace) {
  Told told;
  told.trace.kvm_exit(0);
  told.trace.sleep(10);
  told.trace.flush();
  ASSERT_TRUE(told.maker.lost({0, 17}));
  told.trace.wake();
  const auto& wakes = told.wakes();
  ASSERT_EQ(wakes.size(), 1U);
  EXPECT_TRUE(wakes[0].flags.has(Flag::lossy));
  EXPECT_EQ(told.told.summary().lost, 17U);
}

}  // namespace
}  // namespace wakepath::foreign
