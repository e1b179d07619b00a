// SPDX-License-Identifier: GPL-2.0-or-later
// Facts run ahead of the events: a wake has the names of its own time.
#include "reconstruct/fact_store.hpp"

#include <gtest/gtest.h>

#include "record/fact_record.hpp"

namespace wakepath::reconstruct {
namespace {

Fact vm(std::uint32_t key, const char* name, std::uint64_t since = 0) {
  return VmFact{key, 1000 + key, since, name};
}

Fact vcpu(std::uint32_t tid, std::uint32_t vm, std::uint32_t index, std::uint64_t since = 0) {
  return VcpuFact{
      tid, index, vm, 0, 0x1000 * (index + 1ULL), since, "CPU " + std::to_string(index)};
}

TEST(Facts, TheTimeOfDayIsThatOfItsTime) {
  FactStore facts;
  EXPECT_EQ(facts.realtime_offset_ns(5000), std::nullopt);
  facts.add(HostFact{1, 0, 0, 70'000, "6.1", "aarch64", "", ""});
  facts.add(TimeOfDayFact{40'000, 9000});
  facts.add(TimeOfDayFact{90'000, 5000});
  EXPECT_EQ(facts.realtime_offset_ns(4999), 70'000U);
  EXPECT_EQ(facts.realtime_offset_ns(5000), 90'000U);
  EXPECT_EQ(facts.realtime_offset_ns(9000), 40'000U);
}

TEST(Facts, AThreadThatIsReusedWhileAnOldWakeIsHeldBackKeepsTheOldName) {
  FactStore facts;
  facts.add(vm(1, "old"));
  facts.add(vcpu(96, 1, 0));
  facts.add(vm(2, "new", 5000));
  facts.add(vcpu(96, 2, 3, 5000));
  EXPECT_EQ(facts.identity(96, 4000).vm, "old");
  EXPECT_EQ(facts.identity(96, 4000).vcpu, 0U);
  EXPECT_EQ(facts.identity(96, 5000).vm, "new");
  EXPECT_EQ(facts.identity(96, 6000).vm_pid, 1002U);
  facts.exited(96, 4500);
  EXPECT_EQ(facts.identity(96, 4000).vm, "old");
  EXPECT_EQ(facts.identity(96, 4600).vm, "new") << "seen just before it was named";
}

TEST(Facts, AThreadThatEndedIsNoVcpuAnyMore) {
  FactStore facts;
  facts.add(vm(1, "old"));
  facts.add(vcpu(96, 1, 0));
  facts.exited(96, 4000);
  facts.exited(97, 4000);
  EXPECT_TRUE(facts.vcpu_then(96, 4000));
  EXPECT_FALSE(facts.vcpu_then(96, 4001));
  EXPECT_EQ(facts.identity(96, 4001).vm, "?");
  EXPECT_EQ(facts.identity(96, 3000).vm, "old");
}

TEST(Facts, WhatEndedBeforeItWasNamedHasNoOthersName) {
  FactStore facts;
  facts.add(vm(2, "new", 5000));
  facts.add(vcpu(96, 2, 0, 5000));
  facts.exited(96, 4500);
  EXPECT_EQ(facts.identity(96, 4000).vm, "?");
  EXPECT_EQ(facts.identity(96, 4700).vm, "new");
}

TEST(Facts, AThreadIsAVcpuOnlyFromItsNameOn) {
  FactStore facts;
  facts.add(vm(1, "vm", 5'000'000));
  facts.add(vcpu(96, 1, 0, 5'000'000));
  EXPECT_FALSE(facts.vcpu_then(96, 4'000'000));
  EXPECT_TRUE(facts.vcpu_then(96, 4'999'000)) << "its first event has an older time than its name";
  EXPECT_TRUE(facts.vcpu_then(96, 5'000'000));
}

TEST(Facts, AVmThatIsRenamedHasEachNameInItsTime) {
  FactStore facts;
  facts.add(vm(1, "before", 1000));
  facts.add(vcpu(96, 1, 0));
  facts.add(vm(1, "after", 5000));
  EXPECT_EQ(facts.identity(96, 500).vm, "before");
  EXPECT_EQ(facts.identity(96, 4999).vm, "before");
  EXPECT_EQ(facts.identity(96, 5000).vm, "after");
  EXPECT_EQ(facts.vms(), (std::vector<std::string>{"after", "before"}));
}

TEST(Facts, WhatIsRepeatedAfterDamageChangesNothing) {
  FactStore facts;
  for (int i = 0; i < 100; ++i) {
    facts.add(vm(1, "vm"));
    facts.add(vcpu(96, 1, 0));
  }
  facts.add(vcpu(96, 1, 1, 5000));
  EXPECT_EQ(facts.identity(96, 1).vcpu, 0U);
  EXPECT_EQ(facts.identity(96, 5000).vcpu, 1U);
}

TEST(Facts, ANameThatMeansSomethingElseInTheOutputIsToldApart) {
  FactStore facts;
  facts.add(vm(1, "*"));
  facts.add(vm(2, "?"));
  facts.add(vcpu(96, 1, 0));
  facts.add(vcpu(97, 2, 0));
  EXPECT_EQ(facts.identity(96, 1).vm, "* (pid 1001)");
  EXPECT_EQ(facts.identity(97, 1).vm, "? (pid 1002)");
}

TEST(Facts, OldDumpsNameAThreadForAllTime) {
  FactStore facts;
  facts.add(vm(95, "vm"));
  const auto old = record::encode(record::FactRecord{WP_FACT_VCPU, {96, 95, 2, 0x1000}, {"CPU 2"}});
  facts.add(decode_fact(*RecordView::at(old)).value());
  EXPECT_EQ(facts.identity(96, 1).vm, "vm");
  EXPECT_EQ(facts.identity(96, 1).vcpu, 2U);
}

TEST(Facts, AnInterruptThatIsSaidAgainIsTheSameUntilMoreIsKnown) {
  Interrupt interrupt;
  interrupt.irq = 57;
  interrupt.action = "eth1-rx-1";
  FactStore facts;
  facts.add(IrqFact{0x2000, interrupt});
  const InterruptPtr first = facts.irq(0x2000)->interrupt;
  facts.add(IrqFact{0x2000, interrupt});
  EXPECT_EQ(facts.irq(0x2000)->interrupt, first);
  interrupt.device = "eth1";
  facts.add(IrqFact{0x2000, interrupt});
  EXPECT_EQ(facts.irq(0x2000)->interrupt->device, "eth1");
  EXPECT_EQ(first->device, "") << "wakes that were told keep what they had";
}

}  // namespace
}  // namespace wakepath::reconstruct
