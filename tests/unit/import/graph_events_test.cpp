// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/graph_fixture.hpp"

namespace wakepath::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A 4.14 wake: timer, work, vCPU. Without times.
constexpr std::string_view kWake = R"( 1)   ==========> |
 1)               |  gic_handle_irq() {
 1)               |    handle_percpu_devid_irq() {
 1)               |      arch_timer_handler_phys() {
 1)               |        __hrtimer_run_queues() {
 1)               |          kvm_timer_expire() {
 1)               |            __queue_work() {
 1)               |              insert_work() {
 1)               |                try_to_wake_up() {
 1)   1.000 us    |                  ttwu_do_activate.isra.0();
 1)   2.000 us    |                }
 1)   3.000 us    |              }
 1)   4.000 us    |            }
 1)   5.000 us    |          }
 1)   6.000 us    |        }
 1)   7.000 us    |      }
 1)   8.000 us    |    }
 1)   9.000 us    |  }
 1)   <========== |
 ------------------------------------------
 1)    <idle>-0    =>   kworker-41  
 ------------------------------------------

 1)               |  process_one_work() {
 1)               |    kvm_timer_inject_irq_work() {
 1)               |      kvm_vcpu_wake_up() {
 1)               |        try_to_wake_up() {
 1)   1.000 us    |          ttwu_do_activate.isra.0();
 1)   2.000 us    |        }
 1)   3.000 us    |      }
 1)   4.000 us    |    }
 1)   5.000 us    |  }
 1)               |  schedule() {
 1)   0.500 us    |    deactivate_task();
 1)   kworker-41   =>   CPU 0/K-44  
 1)   0.100 us    |  kvm_arch_vcpu_unblocking();
 1)   0.100 us    |  kvm_arm_setup_debug();
 1)   0.100 us    |  kvm_arm_clear_debug();
 1)               |  handle_exit() {
 1)               |    kvm_handle_wfx() {
 1)               |      kvm_vcpu_block() {
 1)               |        schedule() {
 1)   0.500 us    |          deactivate_task();
 1)   CPU 0/K-44   =>    <idle>-0   
 1)   0.500 us    |  finish_task_switch();
)";

TEST(GraphEvents, MakesTheChainOfAWake) {
  const auto run = run_graph(kWake);
  EXPECT_THAT(run->problems, IsEmpty());
  EXPECT_THAT(run->remarks, IsEmpty());
  EXPECT_EQ(run->sink.info.clock, foreign::TraceClock::none);
  EXPECT_EQ(run->sink.info.arch, "aarch64");
  EXPECT_THAT(
      run->sink.events,
      ElementsAre("1 <idle>-0 irq_handler_entry arch_timer",
                  "1 <idle>-0 hrtimer_expire_entry kvm_timer_expire",
                  "1 <idle>-0 workqueue_queue_work #1",  //
                  "1 <idle>-0 sched_waking kworker-41",
                  "1 <idle>-0 hrtimer_expire_exit kvm_timer_expire",
                  "1 <idle>-0 irq_handler_exit arch_timer", "1 <idle>-0 sched_switch kworker-41 0",
                  "1 kworker-41 workqueue_execute_start #1 kvm_timer_inject_irq_work",
                  "1 kworker-41 sched_waking CPU 0/K-44",
                  "1 kworker-41 workqueue_execute_end #1 kvm_timer_inject_irq_work",
                  "1 kworker-41 sched_switch CPU 0/K-44 1",
                  "1 CPU 0/K-44 kvm_vcpu_wakeup 1",  //
                  "1 CPU 0/K-44 kvm_entry", "1 CPU 0/K-44 kvm_exit 2 0x1",
                  "1 CPU 0/K-44 sched_switch <idle>-0 1"));
  // The order is kept, and what is known of durations.
  EXPECT_TRUE(std::is_sorted(run->sink.times.begin(), run->sink.times.end()));
  EXPECT_EQ(run->sink.times[5] - run->sink.times[0], 8000U - 0U);
}

TEST(GraphEvents, KnowsTheContext) {
  const auto run = run_graph(kWake);
  ASSERT_GE(run->sink.contexts.size(), 8U);
  EXPECT_EQ(run->sink.contexts[2], WP_CONTEXT_KNOWN | WP_CONTEXT_HARDIRQ);
  EXPECT_EQ(run->sink.contexts[8], WP_CONTEXT_KNOWN);
}

TEST(GraphEvents, AWakeThatActivatesNobodyIsNone) {
  const auto run = run_graph(R"( 1)               |  kvm_vcpu_kick() {
 1)   1.000 us    |    try_to_wake_up();
 1)   2.000 us    |  }
 1)    init-1      =>   CPU 0/K-44  
 1)   0.100 us    |  kvm_arch_vcpu_unblocking();
)");
  EXPECT_THAT(run->sink.events, Not(Contains(HasSubstr("waking"))));
  EXPECT_THAT(run->remarks, IsEmpty());
}

TEST(GraphEvents, SaysWhomItDoesNotKnow) {
  const auto run = run_graph(R"( 1)               |  kvm_vcpu_wake_up() {
 1)               |    try_to_wake_up() {
 1)   1.000 us    |      ttwu_do_activate();
 1)   1.000 us    |    }
 1)               |    try_to_wake_up() {
 1)   1.000 us    |      ttwu_do_activate();
 1)   1.000 us    |    }
 1)   2.000 us    |  }
 1)    init-1      =>   CPU 0/K-44  
 1)   0.100 us    |  kvm_arch_vcpu_unblocking();
)");
  EXPECT_THAT(run->sink.events, Not(Contains(HasSubstr("waking"))));
  EXPECT_THAT(run->remarks, ElementsAre(HasSubstr("whom 2 wakings")));
}

TEST(GraphEvents, WorkOfAListThatIsNotKnownIsNotJoined) {
  const auto run = run_graph(R"( 1)               |  irqfd_wakeup() {
 1)   1.000 us    |    __queue_work();
 1)   2.000 us    |  }
 1)    init-1      =>   kworker-4   
 1)               |  process_one_work() {
 1)   1.000 us    |    irqfd_inject();
 1)   2.000 us    |  }
)");
  EXPECT_THAT(run->sink.events, Contains("1 init-1 workqueue_queue_work #1"));
  EXPECT_THAT(run->sink.events, Contains("1 kworker-4 workqueue_execute_start #2 irqfd_inject"));
}

TEST(GraphEvents, TracepointsWinOverFunctions) {
  const auto run = run_graph(
      R"(    1.000000 |   1)    init-1      |               |  handle_percpu_devid_irq() {
    1.000001 |   1)    init-1      |               |    /* irq_handler_entry: irq=3 name=arch_timer */
    1.000002 |   1)    init-1      |   0.100 us    |    arch_timer_handler_phys();
    1.000003 |   1)    init-1      |               |    /* irq_handler_exit: irq=3 ret=handled */
    1.000004 |   1)    init-1      |   4.100 us    |  }
    1.000005 |   1)    init-1      |               |  __do_softirq() {
    1.000006 |   1)    init-1      |   0.100 us    |    run_timer_softirq();
    1.000007 |   1)    init-1      |   4.100 us    |  }
)");
  EXPECT_THAT(run->sink.events,
              ElementsAre("1 init-1 irq_handler_entry arch_timer", "1 init-1 irq_handler_exit",
                          "1 init-1 softirq_entry 1", "1 init-1 softirq_exit 1"));
  EXPECT_EQ(run->sink.times[0], 1'000'001'000U);
  EXPECT_EQ(run->sink.info.clock, foreign::TraceClock::unknown);
  EXPECT_EQ(run->sink.info.resolution_ns, 1000U);
}

TEST(GraphEvents, LeavesOutWhatIsPrintedTwice) {
  const auto run = run_graph(
      R"(    1.000000 |   1)    init-1      |               |  irq_a() {
    1.000001 |   1)    init-1      |   0.100 us    |    irq_b();
    1.000002 |   1)    init-1      |   2.000 us    |  }
    1.000003 |   1)    init-1      |               |  __do_softirq() {
    1.000001 |   1)    init-1      |   0.100 us    |    irq_b();
    1.000002 |   1)    init-1      |   2.000 us    |  } /* irq_a */
    1.000003 |   1)    init-1      |               |  __do_softirq() {
    1.000003 |   1)    init-1      |   0.100 us    |    run_timer_softirq();
    1.000004 |   1)    init-1      |   4.100 us    |  }
)");
  EXPECT_THAT(run->sink.events, ElementsAre("1 init-1 softirq_entry 1", "1 init-1 softirq_exit 1"));
  EXPECT_THAT(run->problems,
              ElementsAre("line 5: time steps back; 3 lines are left out, until it passes"));
}

TEST(GraphEvents, SaysTheLineOfGarbageAndUsesTheRest) {
  const auto run = run_graph(R"( 1)               |  __do_softirq() {
garbage
more
 1)   0.100 us    |    run_timer_softirq();
 1)   4.100 us    |  }
CPU:1 [LOST 7 EVENTS]
 1)    init-1      =>   kworker-4   
 1)   0.100 us    |  f();
)");
  EXPECT_THAT(run->sink.events,
              ElementsAre("? lost 1", "1 init-1 softirq_entry 1", "1 init-1 softirq_exit 1",
                          "1 lost 7", "1 init-1 sched_switch kworker-4 0"));
  EXPECT_THAT(run->problems, ElementsAre("line 2: is no function graph (\"garbage\"), and 1 more"));
}

TEST(GraphEvents, KeepsInterleavedCpusApart) {
  const auto run = run_graph(R"( 0)               |  __do_softirq() {
 1)               |  __do_softirq() {
 0)   0.100 us    |    run_timer_softirq();
 1)   0.100 us    |    net_rx_action();
 0)   4.100 us    |  }
 1)   4.100 us    |  }
 0)    init-1      =>     a-2      
 1)     b-3        =>     c-4      
)");
  EXPECT_THAT(run->sink.events,
              ElementsAre("0 init-1 softirq_entry 1", "0 init-1 softirq_exit 1",
                          "1 b-3 softirq_entry 3", "1 b-3 softirq_exit 3",
                          "0 init-1 sched_switch a-2 0", "1 b-3 sched_switch c-4 0"));
}

TEST(GraphEvents, WithoutACpuColumnOneCpuIsRead) {
  const auto run = run_graph(R"(               |  __do_softirq() {
   0.100 us    |    run_timer_softirq();
   4.100 us    |  }
 2)    init-1      =>     a-2      
   0.100 us    |  f();
 3)    init-1      =>     a-2      
   0.100 us    |  f();
)");
  EXPECT_THAT(run->problems, ElementsAre(HasSubstr("line 7: without its CPU")));
}

TEST(GraphEvents, TellsIpisOf414) {
  const auto run = run_graph(R"( 1)               |  handle_IPI() {
 1)   0.100 us    |    scheduler_ipi();
 1)   4.100 us    |  }
 1)    init-1      =>     a-2      
)");
  EXPECT_THAT(run->sink.events, ElementsAre("1 init-1 ipi_entry 1", "1 init-1 ipi_exit",
                                            "1 init-1 sched_switch a-2 0"));
}

TEST(GraphEvents, AFileThatEndsInALineIsSaid) {
  const auto run = run_graph(" 1)    init-1      =>     a-2      \n 1)   0.100 us    |  f();");
  EXPECT_THAT(run->problems, ElementsAre(HasSubstr("line 2: the file ends inside it")));
}

}  // namespace
}  // namespace wakepath::testing
