// SPDX-License-Identifier: GPL-2.0-or-later
// A file may hold anything. The pipeline must come to its end, and every chain must keep the rules.
#include <cstddef>
#include <cstring>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "support/recording_sink.hpp"
#include "support/scenario.hpp"

namespace wakepath::testing {

namespace {

const char* const kScenario = R"(
host kernel=6.1.0 arch=aarch64 cpus=4 hz=62500000
event kvm_exit
vm 95 tgid=94 name=guest
thread vcpu 96 "CPU 0/KVM" vm=95 index=0
thread kworker 93 kworker/1:2
2_000_000  1 vcpu    sched_switch next=idle state=S
3_000_000  1 idle    irq_handler_entry irq=13 name=arch_timer
3_001_000  1 idle    hrtimer_expire_entry function=f expiry=2_999_000
3_002_000  1 idle    workqueue_queue_work function=w
3_003_000  1 idle    sched_waking task=kworker
3_004_000  1 idle    softirq_raise vector=TIMER
3_005_000  1 idle    hrtimer_expire_exit function=f
3_006_000  1 idle    irq_handler_exit irq=13 name=arch_timer
3_007_000  1 idle    softirq_entry vector=TIMER
3_008_000  1 idle    softirq_exit vector=TIMER
3_010_000  1 idle    sched_switch next=kworker
3_011_000  1 kworker workqueue_execute_start function=w
3_012_000  1 kworker sched_waking task=vcpu
3_013_000  1 kworker sched_wakeup task=vcpu
3_014_000  1 kworker workqueue_execute_end function=w
3_020_000  1 kworker sched_switch next=vcpu state=I
3_025_000  1 vcpu    kvm_timer_update_irq
3_026_000  1 vcpu    kvm_vcpu_wakeup
3_030_000  1 vcpu    kvm_entry
3_040_000  1 vcpu    kvm_exit
report 3_050_000 vcpu deadline=1 now=5
3_060_000  1 vcpu    sched_switch next=idle state=S
tick 4_000_000
5_000_000  0 idle    sched_waking task=vcpu context=hardirq
5_010_000  1 idle    sched_switch next=vcpu
5_020_000  1 vcpu    kvm_entry
gap count=3
6_000_000  1 vcpu    sched_switch next=idle state=S
)";

constexpr int kRounds = 1'000;

}  // namespace

TEST(DamagedRecords, AnyBytesComeToAnEnd) {
  const auto scenario = Scenario::parse(kScenario);
  ASSERT_TRUE(scenario) << scenario.error().message;
  const auto sound = scenario->records();
  std::mt19937 random(11);
  for (int round = 0; round < kRounds; ++round) {
    auto records = sound;
    for (unsigned flips = 1 + random() % 4; flips != 0; --flips) {
      RecordBytes& record = records[random() % records.size()];
      // The frame itself is the file reader's to check.
      const std::size_t fixed = sizeof(wp_record);
      if (record.size() > fixed) {
        record[fixed + random() % (record.size() - fixed)] = static_cast<std::byte>(random());
      }
    }
    const Recording recording = run(records);
    EXPECT_EQ(recording.summaries.size(), 1U);
    for (const WakeChain& chain : recording.wakes) {
      ASSERT_EQ(broken_rule(chain), "") << "round " << round << "\n" << text_of(chain);
    }
  }
}

TEST(DamagedRecords, AnyOrderOfRecordsComesToAnEnd) {
  const auto scenario = Scenario::parse(kScenario);
  ASSERT_TRUE(scenario);
  auto records = scenario->records();
  std::mt19937 random(12);
  for (int round = 0; round < kRounds; ++round) {
    std::swap(records[random() % records.size()], records[random() % records.size()]);
    for (const WakeChain& chain : run(records).wakes) {
      ASSERT_EQ(broken_rule(chain), "") << "round " << round << "\n" << text_of(chain);
    }
  }
}

}  // namespace wakepath::testing
