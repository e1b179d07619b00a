// SPDX-License-Identifier: GPL-2.0-or-later
#ifdef WAKEPATH_LIBTRACEEVENT
#include "import/tep_events.hpp"

#include <gtest/gtest.h>

#include <memory>

#include <event-parse.h>

#include "import/ftrace_format.hpp"

namespace wakepath::foreign {
namespace {

using test::format_text;
using test::FormatField;
using test::RawRecord;

struct FreeTep {
  void operator()(tep_handle* tep) const { ::tep_free(tep); }
};

class TepEventsTest : public ::testing::Test {
 protected:
  TepEventsTest() : tep_(::tep_alloc()) {
    ::tep_set_long_size(tep_.get(), 8);
    ::tep_set_file_bigendian(tep_.get(), TEP_LITTLE_ENDIAN);
  }

  void knows(const char* system, const std::string& format) {
    ASSERT_EQ(TEP_ERRNO__SUCCESS,
              ::tep_parse_event(tep_.get(), format.c_str(), format.size(), system));
  }
  TepEvents& events() {
    if (!events_) {
      events_ = std::make_unique<TepEvents>(*tep_, 4, [this](std::uint64_t address) {
        ++lookups_;
        return address == 0xffff1000 ? std::string("kvm_timer_inject_irq_work") : std::string();
      });
    }
    return *events_;
  }
  TraceEvent read(const RawRecord& record) {
    TraceEvent event;
    EXPECT_EQ(TepEvents::Kind::used, events().read(record.bytes(), 1234, 3, event));
    EXPECT_EQ(1234u, event.time_ns);
    EXPECT_EQ(3u, event.cpu);
    return event;
  }

  std::unique_ptr<tep_handle, FreeTep> tep_;
  std::unique_ptr<TepEvents> events_;
  int lookups_{0};
};

TEST_F(TepEventsTest, ASwitchAndWhoWasPreempted) {
  knows("sched", format_text("sched_switch", 7,
                             {{"char prev_comm[16]", 8, 16, 0},
                              {"pid_t prev_pid", 24, 4, 1},
                              {"int prev_prio", 28, 4, 1},
                              {"long prev_state", 32, 8, 1},
                              {"char next_comm[16]", 40, 16, 0},
                              {"pid_t next_pid", 56, 4, 1},
                              {"int next_prio", 60, 4, 1}}));
  RawRecord record(7, 0, 117, 64);
  record.text(8, "CPU 0/KVM").put(24, 117).put(32, std::int64_t{1});
  record.text(40, "sixteen_letters!").put(56, 19).put(60, 49);
  const TraceEvent event = read(record);
  EXPECT_EQ(WP_EVENT_SWITCH, event.kind);
  EXPECT_EQ(117u, event.tid);
  EXPECT_EQ("CPU 0/KVM", event.comm);
  EXPECT_EQ("sixteen_letters!", event.other_comm);
  EXPECT_EQ(19u, event.payload.sched_switch.next_tid);
  EXPECT_EQ(49, event.payload.sched_switch.next_prio);
  EXPECT_EQ(1u, event.payload.sched_switch.prev_state);
  EXPECT_EQ(0, event.payload.sched_switch.preempt);
  EXPECT_EQ(0, std::memcmp("sixteen_letters!", event.payload.sched_switch.next_comm, 16));

  const TraceEvent preempted = read(record.put(32, std::int64_t{0x100}));
  EXPECT_EQ(0u, preempted.payload.sched_switch.prev_state);
  EXPECT_EQ(1, preempted.payload.sched_switch.preempt);

  const TraceEvent idle = read(record.put(32, std::int64_t{0x80}));
  EXPECT_EQ(0x402u, idle.payload.sched_switch.prev_state);
  EXPECT_EQ(0, idle.payload.sched_switch.preempt);
}

TEST_F(TepEventsTest, WhereTheCpuWas) {
  knows("sched", format_text("sched_waking", 8,
                             {{"char comm[16]", 8, 16, 0},
                              {"pid_t pid", 24, 4, 1},
                              {"int prio", 28, 4, 1},
                              {"int success", 32, 4, 1},
                              {"int target_cpu", 36, 4, 1}}));
  RawRecord record(8, 0x01, 0, 40);
  record.text(8, "run").put(24, 812).put(28, 120).put(32, 1).put(36, 2);
  const TraceEvent waking = read(record);
  EXPECT_EQ(WP_EVENT_WAKING, waking.kind);
  EXPECT_EQ(812u, waking.payload.wake.tid);
  EXPECT_EQ(2u, waking.payload.wake.cpu);
  EXPECT_EQ(120, waking.payload.wake.prio);
  EXPECT_EQ("run", waking.other_comm);
  EXPECT_EQ("", waking.comm);
  EXPECT_EQ(WP_CONTEXT_KNOWN, waking.context);
  EXPECT_EQ(WP_CONTEXT_KNOWN | WP_CONTEXT_HARDIRQ, read(record.put(2, '\x09')).context);
  EXPECT_EQ(WP_CONTEXT_KNOWN | WP_CONTEXT_SOFTIRQ, read(record.put(2, '\x14')).context);
  EXPECT_EQ(WP_CONTEXT_KNOWN | WP_CONTEXT_NMI | WP_CONTEXT_HARDIRQ,
            read(record.put(2, '\x48')).context);
}

TEST_F(TepEventsTest, NamesAtTheEndOfARecordInBothForms) {
  knows("irq", format_text("irq_handler_entry", 9,
                           {{"int irq", 8, 4, 1}, {"__data_loc char[] name", 12, 4, 0}}));
  RawRecord record(9, 0x08, 0, 32);
  record.put(8, 13).put(12, std::uint32_t{11} << 16U | 16).text(16, "arch_timer");
  EXPECT_EQ("arch_timer", read(record).name);
  EXPECT_EQ(13u, read(record).payload.irq.irq);
  // Past the record's end: no name.
  EXPECT_EQ("", read(record.put(12, std::uint32_t{11} << 16U | 30)).name);
  EXPECT_EQ("", read(record.put(12, std::uint32_t{0xffff} << 16U | 16)).name);
}

TEST_F(TepEventsTest, NamesRelativeToTheirField) {
  knows("irq", format_text("irq_handler_entry", 9,
                           {{"int irq", 8, 4, 1}, {"__rel_loc char[] name", 12, 4, 0}}));
  RawRecord record(9, 0x08, 0, 32);
  record.put(8, 13).put(12, std::uint32_t{11} << 16U).text(16, "arch_timer");
  EXPECT_EQ("arch_timer", read(record).name);
}

TEST_F(TepEventsTest, WorkOf414HasNoFunctionAtItsEnd) {
  knows("workqueue", format_text("workqueue_queue_work", 10,
                                 {{"void * work", 8, 8, 0},
                                  {"void * function", 16, 8, 0},
                                  {"void * workqueue", 24, 8, 0},
                                  {"unsigned int req_cpu", 32, 4, 0},
                                  {"unsigned int cpu", 36, 4, 0}}));
  knows("workqueue", format_text("workqueue_execute_end", 11, {{"void * work", 8, 8, 0}}));
  RawRecord queue(10, 0x09, 0, 40);
  queue.put(8, std::uint64_t{0xabc0}).put(16, std::uint64_t{0xffff1000}).put(32, 64);
  const TraceEvent queued = read(queue);
  EXPECT_EQ(0xabc0u, queued.payload.work.work);
  EXPECT_EQ(0xffff1000u, queued.payload.work.function);
  EXPECT_EQ(WP_CPU_ANY, queued.payload.work.cpu);  // NR_CPUS, of 4 that may be there
  EXPECT_EQ("kvm_timer_inject_irq_work", queued.name);
  EXPECT_EQ(3u, read(queue.put(32, 3)).payload.work.cpu);
  EXPECT_EQ(1, lookups_);

  const TraceEvent end = read(RawRecord(11, 0, 40, 16).put(8, std::uint64_t{0xabc0}));
  EXPECT_EQ(0xabc0u, end.payload.work.work);
  EXPECT_EQ(0u, end.payload.work.function);
  EXPECT_EQ("", end.name);
}

TEST_F(TepEventsTest, TimersTellTheirTimes) {
  knows("timer", format_text("hrtimer_start", 12,
                             {{"void * hrtimer", 8, 8, 0},
                              {"void * function", 16, 8, 0},
                              {"s64 expires", 24, 8, 1},
                              {"s64 softexpires", 32, 8, 1}}));
  knows("timer",
        format_text(
            "hrtimer_expire_entry", 13,
            {{"void * hrtimer", 8, 8, 0}, {"s64 now", 16, 8, 1}, {"void * function", 24, 8, 0}}));
  const TraceEvent start = read(RawRecord(12, 1, 5, 40)
                                    .put(8, std::uint64_t{77})
                                    .put(16, std::uint64_t{0xffff1000})
                                    .put(24, std::int64_t{900})
                                    .put(32, std::int64_t{800}));
  EXPECT_EQ(77u, start.payload.hrtimer_start.timer);
  EXPECT_EQ(800, start.payload.hrtimer_start.softexpires);
  const TraceEvent expire =
      read(RawRecord(13, 9, 0, 32).put(8, std::uint64_t{77}).put(16, std::int64_t{905}));
  EXPECT_EQ(905u, expire.now_ns);
  EXPECT_EQ(77u, expire.payload.hrtimer.timer);
  EXPECT_EQ(0, expire.payload.hrtimer.softexpires);
}

TEST_F(TepEventsTest, ExitsOf414AreNoX86Ones) {
  knows("kvm", format_text("kvm_exit", 14,
                           {{"int idx", 8, 4, 1},
                            {"unsigned int exit_reason", 12, 4, 0},
                            {"unsigned long vcpu_pc", 16, 8, 0}}));
  const TraceEvent exit = read(RawRecord(14, 0, 5, 24).put(8, 2).put(12, 1));
  EXPECT_EQ(2, exit.payload.kvm_exit.ret);
  EXPECT_EQ(1u, exit.payload.kvm_exit.esr_ec);
  EXPECT_FALSE(exit.x86);
}

TEST_F(TepEventsTest, ExitsOfLaterArm) {
  knows("kvm", format_text("kvm_exit", 14,
                           {{"int ret", 8, 4, 1},
                            {"unsigned int esr_ec", 12, 4, 0},
                            {"unsigned long vcpu_pc", 16, 8, 0}}));
  const TraceEvent exit = read(RawRecord(14, 0, 5, 24).put(8, 2).put(12, 0x24));
  EXPECT_EQ(2, exit.payload.kvm_exit.ret);
  EXPECT_EQ(0x24u, exit.payload.kvm_exit.esr_ec);
  EXPECT_FALSE(exit.x86);
}

TEST_F(TepEventsTest, ExitsOfX86) {
  knows("kvm", format_text("kvm_exit", 14,
                           {{"unsigned int exit_reason", 8, 4, 0},
                            {"unsigned long guest_rip", 16, 8, 0},
                            {"u32 isa", 24, 4, 0}}));
  const TraceEvent exit = read(RawRecord(14, 0, 5, 32).put(8, 12).put(24, 2));
  EXPECT_EQ(12, exit.payload.kvm_exit.ret);
  EXPECT_EQ(WP_X86_SVM, exit.payload.kvm_exit.esr_ec);
  EXPECT_TRUE(exit.x86);
}

TEST_F(TepEventsTest, AnEntryOfX86TellsTheVcpu) {
  knows("kvm", format_text("kvm_entry", 16,
                           {{"unsigned int vcpu_id", 8, 4, 0}, {"unsigned long rip", 16, 8, 0}}));
  EXPECT_EQ(read(RawRecord(16, 0, 5, 24).put(8, 3)).vcpu, 3U);
}

TEST_F(TepEventsTest, ARenameWithoutANumberIsOfTheCurrentTask) {
  knows("task", format_text("task_rename", 15,
                            {{"char oldcomm[16]", 8, 16, 0},
                             {"char newcomm[16]", 24, 16, 0},
                             {"short oom_score_adj", 40, 2, 1}}));
  const TraceEvent rename = read(RawRecord(15, 0, 31, 44).text(24, "CPU 1/KVM"));
  EXPECT_EQ(31u, rename.payload.rename.tid);
  EXPECT_EQ(0, std::memcmp("CPU 1/KVM", rename.payload.rename.comm, 10));
}

TEST_F(TepEventsTest, AReasonIsTheTextThatAnAddressStandsFor) {
  knows("ipi",
        format_text("ipi_entry", 16, {{"const char * reason", 8, 8, 0}}, "\"(%s)\", REC->reason"));
  const char* texts =
      "0xffff2000 : \"Rescheduling interrupts\"\n0xffff3000 : \"Timer broadcast interrupts\"\n";
  ASSERT_EQ(0, ::tep_parse_printk_formats(tep_.get(), texts));
  RawRecord record(16, 0x09, 0, 16);
  const auto reason = [&](std::uint64_t address) {
    return read(record.put(8, address)).payload.ipi.reason;
  };
  EXPECT_EQ(WP_IPI_RESCHEDULE, reason(0xffff2000));
  EXPECT_EQ(WP_IPI_TIMER_BROADCAST, reason(0xffff3000));
  EXPECT_EQ(WP_IPI_OTHER, reason(0xffff4000));
}

TEST_F(TepEventsTest, WhatIsNotUsedIsToldApart) {
  knows("sched", format_text("sched_stat_runtime", 20, {{"u64 runtime", 8, 8, 0}}));
  knows("mine", format_text("sched_waking", 21, {{"pid_t pid", 8, 4, 1}}));
  knows("ftrace", format_text("funcgraph_entry", 22, {{"unsigned long func", 8, 8, 0}}));
  knows("power", format_text("cpu_idle", 23, {{"u32 state", 8, 4, 0}, {"u32 cpu_id", 12, 4, 0}}));
  TraceEvent event;
  const auto kind = [&](std::uint16_t id, std::size_t size) {
    return events().read(RawRecord(id, 0, 0, size).bytes(), 1, 0, event);
  };
  EXPECT_EQ(TepEvents::Kind::left_out, kind(20, 16));
  EXPECT_EQ(TepEvents::Kind::left_out, kind(21, 16));
  EXPECT_EQ(TepEvents::Kind::function_graph, kind(22, 16));
  EXPECT_EQ(TepEvents::Kind::used, kind(23, 16));
  EXPECT_EQ(TepEvents::Kind::damaged, kind(23, 15));
  EXPECT_EQ(TepEvents::Kind::unknown, kind(24, 16));
  EXPECT_EQ(TepEvents::Kind::unknown, kind(0xffff, 16));
  EXPECT_EQ(TepEvents::Kind::unknown, events().read({}, 1, 0, event));
}

TEST(TraceClockTest, ByItsNameInFtrace) {
  EXPECT_EQ(TraceClock::monotonic, trace_clock("mono"));
  EXPECT_EQ(TraceClock::boot, trace_clock("boot"));
  EXPECT_EQ(TraceClock::local, trace_clock("local"));
  EXPECT_EQ(TraceClock::other, trace_clock("global"));
  EXPECT_EQ(TraceClock::other, trace_clock("mono_raw"));
  EXPECT_EQ(TraceClock::none, trace_clock("counter"));
  EXPECT_EQ(TraceClock::none, trace_clock("x86-tsc"));
  EXPECT_EQ(TraceClock::unknown, trace_clock(""));
}

}  // namespace
}  // namespace wakepath::foreign

#endif
