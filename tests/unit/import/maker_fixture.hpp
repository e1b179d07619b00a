// SPDX-License-Identifier: GPL-2.0-or-later
// Events of a trace for RecordMaker, and what a pipeline tells of the records that it makes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "import/record_maker.hpp"
#include "support/recording_sink.hpp"
#include "wakepath/pipeline.hpp"

namespace wakepath::foreign {

inline constexpr std::uint64_t kStart = 5'000'000'000;

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
    // The kernel reads the clock in the interrupt.
    irq(WP_EVENT_IRQ_ENTRY,
        behind_us < 1000 ? std::min<std::uint64_t>(1005, 1007 - behind_us) : 1005);
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

}  // namespace wakepath::foreign
