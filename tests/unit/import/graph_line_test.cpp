// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/graph/line.hpp"

#include <gtest/gtest.h>

namespace wakepath::foreign::graph {
namespace {

TEST(GraphLine, ReadsTheDefaultColumns) {
  const Line line = parse_line(" 1) + 17.536 us   |        ptep_set_access_flags();");
  EXPECT_EQ(line.kind, LineKind::leaf);
  EXPECT_EQ(line.cpu, 1U);
  EXPECT_EQ(line.duration_ns, 17'536U);
  EXPECT_EQ(line.depth, 3U);
  EXPECT_EQ(line.function, "ptep_set_access_flags");
  EXPECT_FALSE(line.time_ns);
  EXPECT_FALSE(line.task);
}

TEST(GraphLine, ReadsAllColumns) {
  const Line line = parse_line(
      "    7.933387 |   1)  CPU 0/K-44   | d.h1. |               |    kvm_timer_expire() {");
  EXPECT_EQ(line.kind, LineKind::enter);
  EXPECT_EQ(line.time_ns, 7'933'387'000U);
  ASSERT_TRUE(line.task);
  EXPECT_EQ(line.task->comm, "CPU 0/K");
  EXPECT_EQ(line.task->tid, 44U);
  EXPECT_EQ(line.depth, 1U);
  EXPECT_FALSE(line.duration_ns);
}

struct Depth {
  std::string_view text;
  std::uint32_t depth;
};

TEST(GraphLine, FindsTheDepthWhateverColumnsAreOff) {
  for (const Depth& line : {Depth{" 1)   0.128 us    |      f();", 2}, Depth{" 1)     f();", 2},
                            Depth{"   0.128 us    |      f();", 2}, Depth{"    f() {", 2},
                            Depth{"    7.933387 |      f();", 2}, Depth{" 1) f() {", 0},
                            Depth{" 1)   <idle>-0     |     f();", 2}}) {
    EXPECT_EQ(parse_line(line.text).depth, line.depth) << line.text;
    EXPECT_EQ(parse_line(line.text).function, "f") << line.text;
  }
}

TEST(GraphLine, ReadsDurationsAsTheKernelCutsThem) {
  EXPECT_EQ(parse_line(" 1)   0.480 us    |  f();").duration_ns, 480U);
  EXPECT_EQ(parse_line(" 1) # 9578.656 us |  }").duration_ns, 9'578'656U);
  EXPECT_EQ(parse_line(" 1) * 10847.79 us |  }").duration_ns, 10'847'790U);
  EXPECT_EQ(parse_line(" 1) @ 585311.6 us |  }").duration_ns, 585'311'600U);
  EXPECT_EQ(parse_line(" 1) $ 1234567 us  |  }").duration_ns, 1'234'567'000U);
}

TEST(GraphLine, ReadsTails) {
  EXPECT_EQ(parse_line(" 1)   0.480 us    |  } /* do_idle */").function, "do_idle");
  EXPECT_EQ(parse_line(" 1)   0.480 us    |  } /* do_idle ret=0x1 */").function, "do_idle");
  EXPECT_EQ(parse_line(" 1)   0.480 us    |  } /* do_idle = 0x1 */").function, "do_idle");
  EXPECT_EQ(parse_line(" 1)   0.480 us    |  }").kind, LineKind::leave);
  EXPECT_EQ(parse_line(" 1)   0.480 us    |  }").function, "");
}

TEST(GraphLine, ReadsArgumentsReturnValuesAndModules) {
  EXPECT_EQ(parse_line(" 1)   0.480 us    |  f(a=1, s=\"x(){\"); /* <-g+0x1/0x2 ret=0x0 */").kind,
            LineKind::leaf);
  EXPECT_EQ(parse_line(" 1)               |  f [kvm](a=1) { /* <-g+0x1/0x2 */").kind,
            LineKind::enter);
  EXPECT_EQ(parse_line(" 1)               |  f [kvm](a=1) { /* <-g+0x1/0x2 */").function, "f");
  EXPECT_EQ(parse_line(" 1)   0.480 us    |  f(); /* = 0x0 */").kind, LineKind::leaf);
}

TEST(GraphLine, ReadsSwitchesWhateverTheNames) {
  const Line line = parse_line(" 1)   CPU 0/K-44   =>    <idle>-0   ");
  ASSERT_EQ(line.kind, LineKind::switched);
  EXPECT_EQ(line.task->comm, "CPU 0/K");
  EXPECT_EQ(line.next->comm, "<idle>");
  EXPECT_EQ(line.next->tid, 0U);
  const Line hostile = parse_line(" 3)  a => b-7   =>   |-x)-9  ");
  ASSERT_EQ(hostile.kind, LineKind::switched);
  EXPECT_EQ(hostile.task->comm, "a => b");
  EXPECT_EQ(hostile.next->comm, "|-x)");
  EXPECT_EQ(hostile.next->tid, 9U);
}

TEST(GraphLine, TakesABarInANameForOne) {
  const Line line = parse_line(" 1)    a | b-12    |   0.128 us    |  f();");
  ASSERT_TRUE(line.task);
  EXPECT_EQ(line.task->comm, "a | b");
  EXPECT_EQ(line.function, "f");
}

TEST(GraphLine, ReadsTheRest) {
  EXPECT_EQ(parse_line(" 1)   ==========> |").kind, LineKind::irq_begin);
  EXPECT_EQ(parse_line(" 1)   <========== |").kind, LineKind::irq_end);
  const Line comment = parse_line(" 1)               |    /* cpu_idle: state=1 | cpu_id=1 */");
  EXPECT_EQ(comment.kind, LineKind::comment);
  EXPECT_EQ(comment.text, "cpu_idle: state=1 | cpu_id=1");
  const Line lost = parse_line("CPU:3 [LOST 17 EVENTS]");
  EXPECT_EQ(lost.kind, LineKind::lost);
  EXPECT_EQ(lost.cpu, 3U);
  EXPECT_EQ(lost.lost_count, 17U);
  EXPECT_FALSE(parse_line("CPU:3 [LOST EVENTS]").lost_count);
  for (const std::string_view nothing :
       {"", "   ", "# CPU  DURATION", " ------------------------------------------", " => f"}) {
    EXPECT_EQ(parse_line(nothing).kind, LineKind::nothing) << nothing;
  }
  for (const std::string_view garbage :
       {"what is this", " 1)   0.480 us    |", " 1)   0.480 us    |  f(", " 1) x y();",
        " 99999999999) f();", "7.1 |"}) {
    EXPECT_EQ(parse_line(garbage).kind, LineKind::unknown) << garbage;
  }
}

TEST(GraphLine, ReadsNanosecondsToo) {
  const Line line = parse_line("7.933387123 | 1) CPU 0/KVM-44 | 1.234 us |    f();");
  EXPECT_EQ(line.time_ns, 7'933'387'123U);
  EXPECT_EQ(line.kind, LineKind::leaf);
  EXPECT_EQ(line.depth, 1U);
  ASSERT_TRUE(line.task);
  EXPECT_EQ(line.task->comm, "CPU 0/KVM");
  EXPECT_FALSE(parse_line("7.93338712 | 1) CPU 0/KVM-44 | 1.234 us |    f();").time_ns);
}

TEST(GraphLine, LooksForIt) {
  EXPECT_TRUE(look_for_graph("# tracer: function_graph\n#\n"));
  EXPECT_TRUE(look_for_graph("$ cat trace\n 1)   0.480 us    |  f();\n"));
  EXPECT_FALSE(look_for_graph("# tracer: nop\n  <idle>-0 [001] d.h1 2.816808: x: y => z\n"));
  EXPECT_FALSE(look_for_graph("int main() {\n}\n"));
}

}  // namespace
}  // namespace wakepath::foreign::graph
