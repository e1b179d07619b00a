// SPDX-License-Identifier: GPL-2.0-or-later
// Who ran where and when, in each form in which a line tells it.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "import/text/event_line.hpp"
#include "import/text/look.hpp"
#include "wakepath/abi.h"

namespace wakepath::foreign::text {
namespace {

constexpr std::uint8_t kTask = WP_CONTEXT_KNOWN;
constexpr std::uint8_t kSoftirq = WP_CONTEXT_KNOWN | WP_CONTEXT_SOFTIRQ;
constexpr std::uint8_t kHardirq = WP_CONTEXT_KNOWN | WP_CONTEXT_HARDIRQ;

EventLine line_of(Form form, std::string_view line) {
  EventLine found;
  EXPECT_TRUE(parse_event_line(form, line, found)) << line;
  return found;
}

EventLine ftrace(std::string_view line) { return line_of(Form::ftrace, line); }
EventLine perf(std::string_view line) { return line_of(Form::perf, line); }
EventLine latency(std::string_view line) { return line_of(Form::latency, line); }

bool is_event(Form form, std::string_view line) {
  EventLine found;
  return parse_event_line(form, line, found);
}

TEST(TextLine, Ftrace61) {
  const auto line = ftrace(
      "       CPU 0/KVM-130     [001] d.h..     5.224613: irq_handler_entry: irq=13 "
      "name=arch_timer");
  EXPECT_EQ(line.comm, "CPU 0/KVM");
  EXPECT_EQ(line.tid, 130U);
  EXPECT_EQ(line.tgid, 0U);
  EXPECT_EQ(line.cpu, 1U);
  EXPECT_EQ(line.context, kHardirq);
  EXPECT_EQ(line.time_ns, 5224613000U);
  EXPECT_EQ(line.resolution_ns, 1000U);
  EXPECT_EQ(line.name, "irq_handler_entry");
  EXPECT_EQ(line.body, "irq=13 name=arch_timer");
}

TEST(TextLine, Ftrace414) {
  const auto line = ftrace(
      "          <idle>-0     [001] dn..     0.968321: ipi_entry: (Rescheduling interrupts)");
  EXPECT_EQ(line.comm, "");
  EXPECT_EQ(line.tid, 0U);
  EXPECT_EQ(line.context, kTask);
  EXPECT_EQ(line.time_ns, 968321000U);
}

TEST(TextLine, ContextLetters) {
  const auto context = [](std::string_view flags) {
    return ftrace("            init-1       [000] " + std::string(flags) + "     1.000000: x: y")
        .context;
  };
  EXPECT_EQ(context("....."), kTask);
  EXPECT_EQ(context("d...1"), kTask);
  EXPECT_EQ(context("..s.."), kSoftirq);
  EXPECT_EQ(context("dNs."), kSoftirq);
  EXPECT_EQ(context("dNh2."), kHardirq);
  EXPECT_EQ(context("d.H.."), kHardirq | kSoftirq);
  EXPECT_EQ(context("d.z.."), WP_CONTEXT_KNOWN | WP_CONTEXT_NMI);
  EXPECT_EQ(context("d.Z.."), WP_CONTEXT_KNOWN | WP_CONTEXT_NMI | WP_CONTEXT_HARDIRQ);
  EXPECT_EQ(context("d.?.."), 0);
  EXPECT_EQ(context("d."), 0);
  EXPECT_EQ(context("d..1.0"), kTask);  // trace-cmd, with the lock depth
  // PREEMPT_RT: the third letter is of need-resched-lazy.
  EXPECT_EQ(context("d.Lh2.."), kHardirq);
  EXPECT_EQ(context("d..s1.1"), kSoftirq);
  EXPECT_EQ(context("....1.."), kTask);
}

TEST(TextLine, WhereInterruptsAreTaken) {
  const auto taken = [](std::string_view flags) {
    return ftrace("            init-1       [000] " + std::string(flags) + "     1.000000: x: y")
        .interruptible;
  };
  for (const char* flags : {".....", ".N...", "..s..", "b.s1.", "....", "..L....", "....2.."}) {
    EXPECT_TRUE(taken(flags)) << flags;
  }
  for (const char* flags :
       {"d....", "d.h..", "..h..", "D.s..", "X....", "..z..", "..?..", "..", "d..s1.."}) {
    EXPECT_FALSE(taken(flags)) << flags;
  }
}

TEST(TextLine, WithoutIrqInfoTheContextIsNotKnown) {
  const auto line =
      ftrace("            init-106     [001]      3.028182: cpu_idle: state=1 cpu_id=1");
  EXPECT_EQ(line.context, 0);
  EXPECT_EQ(line.time_ns, 3028182000U);
}

TEST(TextLine, RecordTgid) {
  EXPECT_EQ(ftrace("            init-106     (    123) [001] d....     3.028182: x: y").tgid, 123U);
  EXPECT_EQ(ftrace("            init-106   (  123) [001] d...     3.028182: x: y").tgid, 123U);
  const auto unknown = ftrace("            init-106     (-------) [001] d....     3.028182: x: y");
  EXPECT_EQ(unknown.tgid, 0U);
  EXPECT_EQ(unknown.cpu, 1U);
}

TEST(TextLine, Times) {
  const auto nanoseconds =
      ftrace("       CPU 0/KVM-117   [001]     4.146363744: sched_waking:         comm=a");
  EXPECT_EQ(nanoseconds.time_ns, 4146363744U);
  EXPECT_EQ(nanoseconds.resolution_ns, 1U);
  EXPECT_EQ(nanoseconds.name, "sched_waking");
  EXPECT_EQ(nanoseconds.body, "comm=a");
  const auto counter = ftrace("            init-106     [001] d.h..         1368: x: y");
  EXPECT_EQ(counter.time_ns, 1368U);
  EXPECT_EQ(counter.resolution_ns, 0U);
  EXPECT_EQ(ftrace("            init-1       [000] .....  1234567.000001: x: y").time_ns,
            1234567000001000U);
  for (const auto* const wrong : {"1.", "1.-5", "1.0000000001", "-1.000000", "18446744074.000000",
                                  "18446744073709551616", "1.000000us"}) {
    EXPECT_FALSE(is_event(Form::ftrace,
                          "            init-1       [000] ..... " + std::string(wrong) + ": x: y"))
        << wrong;
  }
}

TEST(TextLine, HostileNames) {
  EXPECT_EQ(ftrace(" a-1 [7] d.h 1: -42      [001] d....     3.028182: x: y").tid, 42U);
  EXPECT_EQ(ftrace(" a-1 [7] d.h 1: -42      [001] d....     3.028182: x: y").comm,
            "a-1 [7] d.h 1: ");
  EXPECT_EQ(ftrace("-1 [7] 1: x: y1 -42      [001] d....     3.028182: x: y").tid, 42U);
  EXPECT_EQ(ftrace(" \x1b[31m\xff\x01        -42      [001] d....     3.028182: x: y").tid, 42U);
  EXPECT_EQ(ftrace("                -42      [001] d....     3.028182: x: y").comm, "");
  EXPECT_EQ(ftrace("           <...>-42      [001] d....     3.028182: x: y").comm, "");
  EXPECT_EQ(perf(" a 1 [7]   1: x:    42 [001]    54.600270:   sched:x: y").tid, 42U);
}

TEST(TextLine, LostIndentation) {
  const auto line = ftrace("CPU 0/KVM-130     [001] d....     5.224613: x: y");
  EXPECT_EQ(line.comm, "CPU 0/KVM");
  EXPECT_EQ(line.tid, 130U);
}

TEST(TextLine, WhatIsNoEventHasNoName) {
  EXPECT_EQ(ftrace("            init-106     [000] d.h..     9.324732: <stack trace>").name, "");
  EXPECT_EQ(ftrace("            init-106     [000] d...1     9.324732: kfree <-free_rb").name, "");
  EXPECT_EQ(ftrace("            init-106     [000] d.h..     9.324732: ").name, "");
  EXPECT_EQ(ftrace("            init-106     [000] .....     9.3: tracing_mark_write: a: b").name,
            "tracing_mark_write");
}

TEST(TextLine, LatencyFormat) {
  const auto line = latency("    init-106       1d.h.. 19664us+: irq_handler_entry: irq=13 name=x");
  EXPECT_EQ(line.comm, "init");
  EXPECT_EQ(line.tid, 106U);
  EXPECT_EQ(line.cpu, 1U);
  EXPECT_EQ(line.context, kHardirq);
  EXPECT_EQ(line.time_ns, 19664000U);
  EXPECT_EQ(line.resolution_ns, 1000U);
  EXPECT_EQ(line.name, "irq_handler_entry");
  EXPECT_EQ(latency("  <idle>-0       12d....    3us : x: y").cpu, 12U);
  EXPECT_EQ(latency("  <idle>-0         0d....   17: x: y").resolution_ns, 0U);
  // trace-cmd report -l
  const auto trace_cmd = latency("CPU 0/KV-117     1d....     4.146364: sched_waking: comm=a");
  EXPECT_EQ(trace_cmd.comm, "") << "it may have been cut";
  EXPECT_EQ(trace_cmd.time_ns, 4146364000U);
}

TEST(TextLine, Perf) {
  const auto line = perf(
      "     migration/0    15 [003]    54.602686:          sched:sched_migrate_task: comm=perf");
  EXPECT_EQ(line.comm, "migration/0");
  EXPECT_EQ(line.tid, 15U);
  EXPECT_EQ(line.cpu, 3U);
  EXPECT_EQ(line.context, 0);
  EXPECT_EQ(line.time_ns, 54602686000U);
  EXPECT_EQ(line.name, "sched_migrate_task");
  EXPECT_EQ(line.body, "comm=perf");
  EXPECT_EQ(perf("       CPU 0/KVM   185 [001]    54.628830:  kvm:kvm_entry: PC: 0x4").comm,
            "CPU 0/KVM");
  EXPECT_EQ(perf("     [guest/185]   185 [001]    54.628830:  kvm:kvm_entry: PC: 0x4").comm, "");
  EXPECT_EQ(perf("            :185   185 [001]    54.628830:  kvm:kvm_entry: PC: 0x4").comm, "");
  // -F +pid, --ns, and what -g prints
  EXPECT_EQ(perf("             :-1    -1 [001]    54.628830:  kvm:kvm_entry: PC: 0x4").tid,
            kEndedThread);
  EXPECT_EQ(perf("             :-1    -1/-1    [001]    54.628830:  kvm:x: y").tid, kEndedThread);
  EXPECT_EQ(perf("             :-1    -1/-1    [001]    54.628830:  kvm:x: y").comm, "");
  const auto both = perf("            perf   180/189   [000]    58.263515001: sched:x: y");
  EXPECT_EQ(both.tgid, 180U);
  EXPECT_EQ(both.tid, 189U);
  EXPECT_EQ(both.time_ns, 58263515001U);
  const auto chain =
      perf("perf   189 [000]    58.263515:         sched:sched_waking: comm=a pid=1");
  EXPECT_EQ(chain.comm, "perf");
  EXPECT_EQ(chain.tid, 189U);
  EXPECT_EQ(chain.name, "sched_waking");
  EXPECT_EQ(perf("a 5   189 [000]    58.263515:         sched:sched_waking: comm=a").comm, "a 5");
}

TEST(TextLine, OneFormIsNotTakenForAnother) {
  constexpr std::string_view kFtrace =
      "       CPU 0/KVM-130     [001] d....     5.224613: kvm_entry: PC: 0x40000000";
  constexpr std::string_view kLatency =
      "    init-106       1d.h.. 19664us+: irq_handler_entry: irq=13 name=arch_timer";
  constexpr std::string_view kPerf =
      "       CPU 0/KVM   185 [001]    54.628830:          kvm:kvm_entry: PC: 0x40000000";
  EXPECT_FALSE(is_event(Form::latency, kFtrace));
  EXPECT_FALSE(is_event(Form::perf, kFtrace));
  EXPECT_FALSE(is_event(Form::ftrace, kLatency));
  EXPECT_FALSE(is_event(Form::perf, kLatency));
  EXPECT_FALSE(is_event(Form::ftrace, kPerf));
  EXPECT_FALSE(is_event(Form::latency, kPerf));
}

TEST(TextLook, Kinds) {
  const std::string event =
      "            init-106     [001] d....     3.028182: cpu_idle: state=1\n";
  EXPECT_EQ(look_for_text_trace("# tracer: nop\n#\n" + event), TextKind::ftrace);
  EXPECT_EQ(look_for_text_trace(event), TextKind::ftrace);
  EXPECT_EQ(look_for_text_trace("cpus=2\n" + event), TextKind::trace_cmd);
  EXPECT_EQ(look_for_text_trace("  perf   184 [000]    54.600270:  irq:softirq_raise: vec=1\n"),
            TextKind::perf);
  EXPECT_EQ(look_for_text_trace("    init-106       1d.h.. 19664us+: x: y\n"), TextKind::ftrace);
  EXPECT_EQ(look_for_text_trace("# tracer: nop\n106 1 3408149792 type: 101\n"),
            TextKind::ftrace_raw);
}

TEST(TextLook, WhatIsNoTextTrace) {
  for (const auto* const bytes :
       {"", "\n", "hello\nworld\n", "PERFILE2\x01\n", "\x17\x08\x44tracing6\n",
        "# tracer: function_graph\n#\n 1)   2.304 us    |  nr_iowait_cpu();\n",
        " 1)   2.304 us    |  nr_iowait_cpu();\n",
        "2026-11-28 12:30:11 host kernel: [   12.345678] hello: there\n"}) {
    EXPECT_EQ(look_for_text_trace(bytes), std::nullopt) << bytes;
  }
}

TEST(TextLook, ATracersHeaderIsEnough) {
  for (const auto* const bytes :
       {"# tracer: nop\n", "# tracer: irqsoff\n#\n", "VERSION 20070824\n"}) {
    EXPECT_EQ(look_for_text_trace(bytes), TextKind::ftrace) << bytes;
  }
}

TEST(TextLook, WhatTheHeaderTells) {
  const auto ftrace =
      describe(TextKind::ftrace,
               "# tracer: nop\n#\n# entries-in-buffer/entries-written: 16/16   #P:2\n"
               "            init-106     [001] d....     3.028182: cpu_idle: state=1 cpu_id=1\n"
               "            init-106     [001] d....     3.1: irq_handler_entry: irq=1 "
               "name=arch_timer\n");
  EXPECT_EQ(ftrace.form, "ftrace text");
  EXPECT_EQ(ftrace.cpus, 2U);
  EXPECT_EQ(ftrace.resolution_ns, 1000U);
  EXPECT_EQ(ftrace.clock, TraceClock::unknown);
  EXPECT_EQ(ftrace.release, "");
  EXPECT_EQ(ftrace.arch, "aarch64");

  const auto latency =
      describe(TextKind::ftrace,
               "# tracer: nop\n#\n# nop latency trace v1.1.5 on 6.1.0-50-cloud-arm64\n"
               "# latency: 0 us, #2104/2104, CPU#0 | (M:desktop VP:0, KP:0, SP:0 HP:0 #P:16)\n");
  EXPECT_EQ(latency.release, "6.1.0-50-cloud-arm64");
  EXPECT_EQ(latency.cpus, 16U);

  const auto counter = describe(
      TextKind::ftrace, "            init-1       [001] d.h..            4: x: irq=13 name=eth0\n");
  EXPECT_EQ(counter.clock, TraceClock::none);
  EXPECT_EQ(counter.arch, "");

  const auto perf = describe(
      TextKind::perf, "# os release : 6.1.0-50-amd64\n# arch : x86_64\n# nrcpus avail : 8\n");
  EXPECT_EQ(perf.form, "perf script text");
  EXPECT_EQ(perf.release, "6.1.0-50-amd64");
  EXPECT_EQ(perf.arch, "x86_64");
  EXPECT_EQ(perf.cpus, 8U);

  EXPECT_EQ(describe(TextKind::trace_cmd, "cpus=4\n").cpus, 4U);
  EXPECT_EQ(describe(TextKind::trace_cmd, "cpus=4000000\n").cpus, std::nullopt);
  EXPECT_EQ(describe(TextKind::perf, "# os release : \x1b[31m\n").release, "");
  EXPECT_EQ(
      describe(TextKind::ftrace,
               "            init-1       [001] d.h..     1.0: local_timer_entry: vector=236\n")
          .arch,
      "x86_64");
  EXPECT_EQ(describe(TextKind::ftrace,
                     "            init-1       [001] d.h..     1.0: kvm_entry: vcpu 0, rip 0x1\n")
                .arch,
            "x86_64");
}

}  // namespace
}  // namespace wakepath::foreign::text
