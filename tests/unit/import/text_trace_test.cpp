// SPDX-License-Identifier: GPL-2.0-or-later
// Whole traces of text: forms, losses, and all that can be wrong with them.
#include "import/text/text_trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace wakepath::foreign::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "1 switch@5000" for an event of CPU 1, "lost 1:52" for a loss; what is not known is "?".
class SeenText final : public TraceSink {
 public:
  Result<void> about(const TraceInfo& info) override {
    EXPECT_FALSE(told_) << "about() comes once";
    EXPECT_TRUE(seen.empty()) << "and first";
    told_ = true;
    form = info.form;
    return {};
  }
  Result<void> event(const TraceEvent& event) override {
    EXPECT_TRUE(told_);
    seen.push_back(std::to_string(event.cpu) + " " + event_name(event.kind) + "@" +
                   std::to_string(event.time_ns));
    tids.push_back(event.tid);
    return {};
  }
  Result<void> lost(const TraceLoss& loss) override {
    EXPECT_TRUE(told_);
    seen.push_back("lost " + (loss.cpu ? std::to_string(*loss.cpu) : "?") + ":" +
                   (loss.events ? std::to_string(*loss.events) : "?"));
    return {};
  }

  std::vector<std::string> seen;
  std::vector<std::uint32_t> tids;  // of its events
  std::string form;

 private:
  bool told_{false};
};

struct Reading {
  std::vector<std::string> seen, problems, remarks;
  std::vector<std::uint32_t> tids;
  std::string form;
  std::optional<Error> error;
};

Reading read_text(const std::string& text) {
  TextTrace trace(std::make_unique<MemoryBytes>(text));
  SeenText sink;
  Reading reading;
  for (;;) {
    const auto more = trace.read(sink);
    if (!more) {
      reading.error = more.error();
      break;
    }
    if (!*more) {
      break;
    }
  }
  reading.seen = sink.seen;
  reading.tids = sink.tids;
  reading.form = sink.form;
  reading.problems = trace.problems();
  reading.remarks = trace.remarks();
  return reading;
}

// An event line of ftrace; `at` in microseconds.
std::string idle_at(std::uint32_t at, std::uint32_t cpu, const std::string& state = "1") {
  std::string micros = std::to_string(at);
  micros.insert(0, 6 - std::min<std::size_t>(6, micros.size()), '0');
  return "          <idle>-0       [00" + std::to_string(cpu) + "] d....     0." + micros +
         ": cpu_idle: state=" + state + " cpu_id=" + std::to_string(cpu) + "\n";
}

TEST(TextTraceReader, ATraceWithItsHeader) {
  const auto reading = read_text(
      "# tracer: nop\n#\n# entries-in-buffer/entries-written: 2/2   #P:2\n#\n" + idle_at(5, 0) +
      "            init-1       [000] d....     0.000005: kvm_set_irq: gsi 0 level 1 source 0\n" +
      idle_at(7, 1));
  EXPECT_EQ(reading.form, "ftrace text");
  EXPECT_THAT(reading.seen, ElementsAre("0 cpu_idle@5000", "1 cpu_idle@7000"));
  EXPECT_THAT(reading.problems, IsEmpty());
  EXPECT_THAT(reading.remarks, IsEmpty());
  EXPECT_FALSE(reading.error);
}

TEST(TextTraceReader, StacksAreLeftOut) {
  const auto reading = read_text(
      idle_at(5, 0) + "          <idle>-0       [000] d....     0.000006: <stack trace>\n" +
      " => __traceiter_cpu_idle\n => do_idle\n" + idle_at(7, 0) +
      "=> do_idle (ffffc4bdf912b070)\n\tffffc4bdf90dc600 [unknown] ([kernel.kallsyms])\n\n" +
      "          <idle>-0       [000] d....     0.000008: <user stack trace>\n" +
      " =>  <0000ffffb31a411c>\n");
  EXPECT_THAT(reading.seen, ElementsAre("0 cpu_idle@5000", "0 cpu_idle@7000"));
  EXPECT_THAT(reading.problems, IsEmpty());
}

TEST(TextTraceReader, Losses) {
  const auto reading = read_text(
      "# entries-in-buffer/entries-written: 3885/5221   #P:2\n" + idle_at(5, 0) +
      "##### CPU 1 buffer started ####\n" + idle_at(6, 1) + "CPU:1 [LOST 52 EVENTS]\n" +
      idle_at(7, 1) + "CPU:0 [LOST EVENTS]\n" + idle_at(8, 0) + "CPU:0 [17 EVENTS DROPPED]\n" +
      idle_at(9, 0) + "CPU:1 [EVENTS DROPPED]\n" + idle_at(10, 1));
  EXPECT_THAT(reading.seen,
              ElementsAre("0 cpu_idle@5000", "lost 1:?", "1 cpu_idle@6000", "lost 1:52",
                          "1 cpu_idle@7000", "lost 0:?", "0 cpu_idle@8000", "lost 0:17",
                          "0 cpu_idle@9000", "lost 1:?", "1 cpu_idle@10000"));
  EXPECT_THAT(reading.problems, IsEmpty());
  EXPECT_THAT(reading.remarks,
              ElementsAre("the header says that 1336 of 5221 events were overwritten before the "
                          "trace was read: it begins later than the recording",
                          "the trace says that it lost more than 69 events, at 5 places of CPUs "
                          "0-1"));
}

TEST(TextTraceReader, LossesOfPerf) {
  const std::string event =
      "            perf   184 [002]    54.6002: power:cpu_idle: state=1 cpu_id=2\n";
  const auto reading = read_text(
      event + "            perf   184 [002]    54.6003: PERF_RECORD_LOST lost 12\n" + event +
      "            perf   184 [001]    54.6003: unknown: PERF_RECORD_LOST_SAMPLES lost 3\n" +
      "Processed 5 events and lost 1 chunks!\n");
  EXPECT_EQ(reading.form, "perf script text");
  EXPECT_THAT(reading.seen, ElementsAre("2 cpu_idle@54600200000", "lost 2:12",
                                        "2 cpu_idle@54600200000", "lost 1:3", "lost ?:?"));
  EXPECT_THAT(reading.problems, IsEmpty());
}

// Who has no number any more is who the CPU was switched to; where that is not known, the event is
// not used.
TEST(TextTraceReader, ThreadsOfPerfThatHaveEnded) {
  const Reading reading = read_text(
      "             :-1    -1 [001]     1.000001: irq:irq_handler_entry: irq=42 name=eth0\n"
      "             :-1    -1 [001]     1.000002: sched:sched_switch: prev_comm=a prev_pid=7 "
      "prev_prio=120 "
      "prev_state=X ==> next_comm=b next_pid=8 next_prio=120\n"
      "             :-1    -1 [001]     1.000003: irq:irq_handler_entry: irq=42 name=eth0\n");
  EXPECT_THAT(reading.seen, ElementsAre("lost 1:1", "1 sched_switch@1000002000",
                                        "1 irq_handler_entry@1000003000"));
  EXPECT_THAT(reading.tids, ElementsAre(7U, 8U));
  EXPECT_THAT(reading.problems, IsEmpty());
}

TEST(TextTraceReader, OneLossIsSaidAsOne) {
  const auto reading = read_text("CPU:3 [LOST 1 EVENTS]\n" + idle_at(5, 3));
  EXPECT_THAT(reading.remarks,
              ElementsAre("the trace says that it lost 1 event, at 1 place of CPU 3"));
}

TEST(TextTraceReader, PerfOnArm64MayHaveLeftOutKvm) {
  const std::string irq =
      "    perf   184 [000]    54.1: irq:irq_handler_entry: irq=13 name=arch_timer\n";
  const std::string entry = "    [guest/185]   185 [001]    54.2: kvm:kvm_entry: PC: 0x4\n";
  EXPECT_THAT(read_text(irq).remarks,
              ElementsAre(HasSubstr("by the kernel of the machine"), HasSubstr("--guest-code")));
  EXPECT_THAT(read_text(irq + entry).remarks,
              ElementsAre(HasSubstr("by the kernel of the machine")));
}

TEST(TextTraceReader, RawNumbersAreRefused) {
  const auto reading =
      read_text("# tracer: nop\n#\n106 1 3408149792 type: 101\n106 1 3408186832 type: 307\n");
  ASSERT_TRUE(reading.error);
  EXPECT_EQ(reading.error->kind, ErrorKind::bad_input);
  EXPECT_THAT(reading.error->message, HasSubstr("line 3: "));
  EXPECT_THAT(reading.error->fix, HasSubstr("options/raw"));
  const auto later = read_text(idle_at(5, 0) + "106 1 3408149792 type: 101\n" + idle_at(7, 0));
  EXPECT_FALSE(later.error);
  EXPECT_THAT(later.seen, ElementsAre("0 cpu_idle@5000", "lost ?:?", "0 cpu_idle@7000"));
  EXPECT_THAT(later.problems, ElementsAre(HasSubstr("line 2: printed with ftrace's option raw")));
}

TEST(TextTraceReader, LinesThatCantBeRead) {
  const auto reading =
      read_text("$ cat trace\n" + idle_at(5, 0) + std::string("\0\xff\x1b[31m", 7) + "\nhello\n" +
                idle_at(7, 0) + "hello\n");
  EXPECT_THAT(reading.seen, ElementsAre("0 cpu_idle@5000", "lost ?:?", "0 cpu_idle@7000"));
  EXPECT_THAT(reading.problems,
              ElementsAre("line 3: no event can be read (\"\\x00\\xff\\x1b[31m\")"));
  EXPECT_THAT(reading.remarks,
              ElementsAre("line 1 is no event, left out (\"$ cat trace\"), and 2 more lines"));
}

TEST(TextTraceReader, PartsOfEventsMayHaveBeenEvents) {
  for (const std::string part :
       {"pid=2046 prio=120 target_cpu=002", "sched_waking: comm=a pid=1 prio=1 target_cpu=001",
        "          <idle>-0     [031] d.h", "xx 500.000098: irq_hand", "kvm_entry: vcpu 0"}) {
    const auto reading = read_text(idle_at(5, 0) + part + "\n" + idle_at(7, 0));
    EXPECT_THAT(reading.seen, ElementsAre("0 cpu_idle@5000", "lost ?:?", "0 cpu_idle@7000"))
        << part;
    EXPECT_EQ(reading.problems.size(), 1U) << part;
  }
}

TEST(TextTraceReader, WhatNamesAGapIsOneBetweenItsNeighbours) {
  for (const std::string mark : {"...", "[...]", "<snip>", "-- 8< --", "--", "(120 lines omitted)",
                                 "@@ -1,2 +3,4 @@", "** 12 printk messages dropped **", "…"}) {
    const auto between = read_text(idle_at(5, 0) + mark + "\n" + idle_at(7, 0));
    EXPECT_THAT(between.seen, ElementsAre("0 cpu_idle@5000", "lost ?:?", "0 cpu_idle@7000"))
        << mark;
    EXPECT_TRUE(between.problems.empty()) << mark;
    const auto around = read_text(mark + "\n" + idle_at(5, 0) + mark + "\n");
    EXPECT_THAT(around.seen, ElementsAre("0 cpu_idle@5000")) << mark;
  }
}

TEST(TextTraceReader, EventsThatCantBeRead) {
  const auto reading =
      read_text(idle_at(5, 0) + idle_at(6, 1, "one") + idle_at(7, 1, "two") + idle_at(8, 1));
  EXPECT_THAT(reading.seen,
              ElementsAre("0 cpu_idle@5000", "lost 1:1", "lost 1:1", "1 cpu_idle@8000"));
  ASSERT_EQ(reading.problems.size(), 1U);
  EXPECT_THAT(reading.problems[0],
              HasSubstr("line 2: cpu_idle as no known kernel writes it (\"          <idle>-0"));
  EXPECT_THAT(reading.problems[0], HasSubstr("...\"), and 1 more"));
}

TEST(TextTraceReader, TheLastLineIsCut) {
  const std::string whole = idle_at(5, 0) + idle_at(6, 0);
  const auto reading = read_text(whole.substr(0, whole.size() - 1));
  EXPECT_THAT(reading.seen, ElementsAre("0 cpu_idle@5000"));
  EXPECT_THAT(reading.problems, ElementsAre(HasSubstr("line 2: the file ends inside it")));
  EXPECT_THAT(read_text(idle_at(5, 0) + "#").problems, IsEmpty());
}

TEST(TextTraceReader, LongLines) {
  const auto reading =
      read_text(idle_at(5, 0) + std::string(kLongestLine + 1, 'x') + "\n" + idle_at(6, 0));
  EXPECT_THAT(reading.seen, ElementsAre("0 cpu_idle@5000", "lost ?:?", "0 cpu_idle@6000"));
  EXPECT_THAT(reading.problems, ElementsAre(HasSubstr("line 2: longer than 65536 bytes")));
}

TEST(TextTraceReader, CpusThatCantBe) {
  const auto reading = read_text(
      idle_at(5, 0) + "            init-1       [4096] d....     0.000006: cpu_idle: state=1\n" +
      "CPU:5000 [LOST 2 EVENTS]\n" +
      "            init-1       [4294967296] d....     0.000006: cpu_idle: state=1\n");
  EXPECT_THAT(reading.seen, ElementsAre("0 cpu_idle@5000", "lost ?:1", "lost ?:2", "lost ?:?"));
  EXPECT_THAT(reading.problems,
              ElementsAre(HasSubstr("line 2: a CPU beyond the 4096 that there can be"),
                          HasSubstr("line 4: no event can be read")));
}

TEST(TextTraceReader, RepeatedPartsAreLeftOut) {
  const std::string part = idle_at(6, 0) + idle_at(7, 0) + idle_at(7, 0, "2");
  const auto reading = read_text(idle_at(5, 0) + part + part + idle_at(6, 1) + idle_at(8, 0));
  EXPECT_THAT(reading.seen, ElementsAre("0 cpu_idle@5000", "0 cpu_idle@6000", "0 cpu_idle@7000",
                                        "0 cpu_idle@7000", "1 cpu_idle@6000", "0 cpu_idle@8000"));
  ASSERT_EQ(reading.problems.size(), 1U);
  EXPECT_THAT(reading.problems[0], HasSubstr("line 5: time steps back"));
  EXPECT_THAT(reading.problems[0], HasSubstr("and 2 more"));
}

std::string far_at(std::uint32_t at, std::uint32_t cpu) {
  std::string line = idle_at(at, cpu);
  return line.replace(line.find(" 0.0"), 2, "900");
}

TEST(TextTraceReader, ATimeThatNoOtherLineSharesIsLeftOut) {
  const auto reading = read_text(idle_at(5, 0) + far_at(6, 0) + idle_at(6, 0));
  EXPECT_THAT(reading.seen, ElementsAre("0 cpu_idle@5000", "lost 0:1", "0 cpu_idle@6000"));
  EXPECT_THAT(reading.problems, ElementsAre(HasSubstr("line 2: its time is far from")));
}

TEST(TextTraceReader, AHostMayBeIdleForLong) {
  const auto reading = read_text(idle_at(5, 0) + far_at(6, 0) + far_at(7, 1));
  EXPECT_THAT(reading.seen,
              ElementsAre("0 cpu_idle@5000", "0 cpu_idle@900000006000", "1 cpu_idle@900000007000"));
  EXPECT_EQ(read_text(idle_at(5, 0) + far_at(6, 0)).seen.size(), 2U);
  EXPECT_THAT(reading.problems, IsEmpty());
}

TEST(TextTraceReader, TheFormMayChange) {
  const auto reading = read_text(
      idle_at(5, 0) + "  perf   184 [001]    54.600270: power:cpu_idle: state=1 cpu_id=1\n" +
      "  <idle>-0         2d.... 60000000us : cpu_idle: state=1 cpu_id=2\n" + idle_at(6, 0));
  EXPECT_THAT(reading.seen, ElementsAre("0 cpu_idle@5000", "1 cpu_idle@54600270000",
                                        "2 cpu_idle@60000000000", "0 cpu_idle@6000"));
  EXPECT_THAT(reading.problems, IsEmpty());
}

TEST(TextTraceReader, NothingIsNoTrouble) {
  const auto reading = read_text("");
  EXPECT_THAT(reading.seen, IsEmpty());
  EXPECT_THAT(reading.problems, IsEmpty());
  EXPECT_FALSE(reading.error);
}

TEST(TextTraceReader, AnErrorOfTheSinkIsPassedOn) {
  class Full final : public TraceSink {
   public:
    Result<void> about(const TraceInfo& /*info*/) override { return {}; }
    Result<void> event(const TraceEvent& /*event*/) override {
      return fail(ErrorKind::bad_output, "disk full");
    }
    Result<void> lost(const TraceLoss& /*loss*/) override { return {}; }
  };
  const std::string text = idle_at(5, 0);
  TextTrace trace(std::make_unique<MemoryBytes>(text));
  Full sink;
  const auto read = trace.read(sink);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().message, "disk full");
}

}  // namespace
}  // namespace wakepath::foreign::text
