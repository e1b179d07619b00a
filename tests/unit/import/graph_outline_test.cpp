// SPDX-License-Identifier: GPL-2.0-or-later
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/graph/graph_reader.hpp"
#include "present/outline_text.hpp"

namespace wakepath::foreign::graph {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<OutlineWake> outlined(std::string_view text) {
  OutlineReader reader(std::make_unique<MemoryBytes>(text));
  std::vector<OutlineWake> all;
  for (auto wakes = reader.read(); wakes && *wakes; wakes = reader.read()) {
    all.insert(all.end(), (*wakes)->begin(), (*wakes)->end());
  }
  return all;
}

std::string printed(const OutlineWake& wake) {
  fmt::memory_buffer out;
  present::outline_text(wake, 1, out);
  return fmt::to_string(out);
}

constexpr std::string_view kWaking = R"( 0)               |  gic_handle_irq() {
 0)               |    __hrtimer_run_queues() {
 0)               |      kvm_bg_timer_expire() {
 0)               |        kvm_vcpu_wake_up() {
 0)               |          try_to_wake_up() {
 0)   1.000 us    |            ttwu_do_activate();
 0)   2.000 us    |          }
 0)   3.000 us    |        }
 0)   4.000 us    |      }
 0)   5.000 us    |    }
 0) + 12.345 us   |  }
)";

TEST(GraphOutline, FollowsAWakeToAnotherCpu) {
  const std::string text = std::string(kWaking) + R"( 1)               |  schedule_idle() {
 1)    <idle>-0    =>   CPU 0/K-44  
 1)   0.100 us    |  kvm_arch_vcpu_unblocking();
 1)   0.200 us    |  kvm_arm_setup_debug();
 1)               |  __kvm_vcpu_run() {
 1)   0.300 us    |    f();
 1) ! 123.456 us  |  }
 1)               |  kvm_vcpu_halt() {
 1)               |    schedule() {
 1)   0.500 us    |      deactivate_task();
 0)    init-1      =>     sh-2      
 1)   CPU 0/K-44   =>     sh-3      
 1)   0.100 us    |  f();
)";
  const auto wakes = outlined(text);
  ASSERT_THAT(wakes, SizeIs(1));
  EXPECT_EQ(wakes[0].vcpu, "CPU 0/K");
  EXPECT_TRUE(wakes[0].cause_seen);
  EXPECT_TRUE(wakes[0].whole);
  EXPECT_EQ(printed(wakes[0]), R"(wake 1 of CPU 0/K-44, lines 1 to 23
     12.345 us  CPU 0   init-1        interrupt: gic_handle_irq
      4.000 us  CPU 0   init-1          timer callback: __hrtimer_run_queues > kvm_bg_timer_expire
      2.000 us  CPU 0   init-1            wakes CPU 0/K-44: kvm_vcpu_wake_up > try_to_wake_up
             ?  CPU 1   <idle>-0      goes off the CPU: schedule_idle
                CPU 1   <idle>-0      switch to CPU 0/K-44
      0.100 us  CPU 1   CPU 0/K-44    wait undone: kvm_arch_vcpu_unblocking
      0.200 us  CPU 1   CPU 0/K-44    guest entry: kvm_arm_setup_debug
    123.456 us  CPU 1   CPU 0/K-44    guest runs: __kvm_vcpu_run
             ?  CPU 1   CPU 0/K-44    vCPU waits: kvm_vcpu_halt
             ?  CPU 1   CPU 0/K-44    goes off the CPU: schedule
                CPU 1   CPU 0/K-44    switch to sh-3

)");
}

TEST(GraphOutline, SaysThatTheCauseIsNotThere) {
  const auto wakes = outlined(R"( 1)               |  kvm_vcpu_halt() {
 1)               |    schedule() {
 1)   0.500 us    |      deactivate_task();
 1)   CPU 0/K-44   =>     sh-3      
 1)     sh-3       =>   CPU 0/K-44  
 1)   0.100 us    |  kvm_arch_vcpu_unblocking();
)");
  ASSERT_THAT(wakes, SizeIs(1));
  EXPECT_FALSE(wakes[0].cause_seen);
  EXPECT_FALSE(wakes[0].whole);
  EXPECT_THAT(printed(wakes[0]),
              HasSubstr("of CPU 0/K-44, lines 5 to 6; what woke it is not in the trace; the trace "
                        "ends before it sleeps again\n"));
}

TEST(GraphOutline, SaysThatItIsNotCertainWhomItWoke) {
  const auto wakes = outlined(kWaking);
  ASSERT_THAT(wakes, SizeIs(1));
  EXPECT_FALSE(wakes[0].tid);
  EXPECT_THAT(printed(wakes[0]), HasSubstr("wake 1 of ?"));
  EXPECT_THAT(printed(wakes[0]), HasSubstr("whom it wakes is not certain"));
}

TEST(GraphOutline, EscapesNames) {
  OutlineWake wake;
  wake.vcpu = "a\x1b[1m";
  wake.tid = 1;
  OutlineStep step;
  step.kind = OutlineKind::switched;
  step.who = "b\"\n";
  step.who_tid = 2;
  wake.steps.push_back(step);
  EXPECT_THAT(printed(wake), HasSubstr("a\\x1b[1m-1"));
  EXPECT_THAT(printed(wake), HasSubstr("switch to b\"\\x0a-2"));
  fmt::memory_buffer out;
  present::outline_ndjson(wake, 1, out);
  EXPECT_EQ(fmt::to_string(out),
            "{\"type\":\"outline\",\"wake\":1,\"vcpu\":{\"comm\":\"a\\u001b[1m\",\"tid\":1},"
            "\"cause_seen\":false,\"whole\":false,\"left_out\":0,\"steps\":[{\"kind\":\"switched\","
            "\"line\":0,\"cpu\":0,\"level\":0,\"task\":null,\"trace_ns\":null,\"duration_ns\":null,"
            "\"functions\":[],\"who\":{\"comm\":\"b\\\"\\n\",\"tid\":2}}]}\n");
}

}  // namespace
}  // namespace wakepath::foreign::graph
