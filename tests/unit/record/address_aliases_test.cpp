// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/address_aliases.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "record/decoder.hpp"
#include "record/event_table.hpp"
#include "record_bytes.hpp"
#include "wakepath/facts.hpp"

namespace wakepath::record {
namespace {

constexpr std::uint64_t kOffset = 0x158;
constexpr std::uint64_t kVcpu = 0xffff000012345680;
constexpr std::uint64_t kText = 0xffffffff81234560;

bool in_kernel(std::uint64_t number) { return number >> 56U == 0xff; }

struct LastRecord final : RecordSink {
  Result<void> record(RecordView view) override {
    bytes.assign(view.bytes().begin(), view.bytes().end());
    return {};
  }
  std::vector<std::byte> bytes;
};

struct AddressAliasesTest : ::testing::Test {
  AddressAliases aliases{{1, 2}};
  LastRecord kept;
  AliasingSink sink{aliases, kept};

  Fact through(const Fact& fact) {
    const auto bytes = wakepath::encode(fact);
    EXPECT_TRUE(sink.record(*RecordView::at(bytes)));
    return *wakepath::decode_fact(*RecordView::at(kept.bytes));
  }
  template <typename Payload>
  Event through(wp_event_kind kind, const Payload& payload) {
    testing::RawBytes bytes;
    wp_batch head{};
    head.record = {WP_RECORD_BATCH, 1,
                   static_cast<std::uint32_t>(sizeof(head) + sizeof(wp_event) + sizeof(payload))};
    testing::append(bytes, head);
    const auto event = testing::raw_event(7, kind, 5, payload);
    bytes.insert(bytes.end(), event.begin(), event.end());
    EXPECT_TRUE(sink.record(*RecordView::at(bytes)));
    Batch batch;
    EXPECT_TRUE(decode_batch(*RecordView::at(kept.bytes), batch));
    EXPECT_EQ(batch.events.size(), 1U);
    return batch.events.at(0);
  }
};

TEST_F(AddressAliasesTest, EachAddressHasOneAliasThatIsNoAddress) {
  std::mt19937_64 random(1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t address = 0xffff888000000000 + 64 * (random() % 1'000'000'000) + 1;
    const std::uint64_t alias = aliases.of(address);
    EXPECT_FALSE(in_kernel(alias));
    EXPECT_EQ(aliases.of(address), alias);
    seen.insert(alias);
  }
  EXPECT_GT(seen.size(), 99'990U) << "a few addresses came twice";
}

TEST_F(AddressAliasesTest, AnotherKeyGivesOtherAliases) {
  AddressAliases other({1, 3});
  EXPECT_NE(aliases.of(kText), other.of(kText));
}

TEST_F(AddressAliasesTest, WhatIsNoAddressStays) {
  for (const std::uint64_t number :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x40000068}, ~std::uint64_t{0}}) {
    EXPECT_EQ(aliases.of(number), number);
    EXPECT_EQ(aliases.of_vcpu(number), number);
  }
}

TEST_F(AddressAliasesTest, NamesAndEventsStillFindEachOther) {
  const auto symbol = std::get<SymbolFact>(through(SymbolFact{kText, "tick"}));
  const Event timer =
      through(WP_EVENT_HRTIMER_EXPIRE_ENTRY, wp_hrtimer_expire{kVcpu, kText, -5, 3});
  EXPECT_EQ(timer.payload.hrtimer.function, symbol.address);
  EXPECT_EQ(timer.payload.hrtimer.softexpires, -5);
  EXPECT_FALSE(in_kernel(symbol.address));
  const Event queued = through(WP_EVENT_WORK_QUEUE, wp_work{kVcpu + 8, kText, 3, 0});
  const Event started = through(WP_EVENT_WORK_START, wp_work{kVcpu + 8, kText, 0, 0});
  EXPECT_EQ(queued.payload.work.work, started.payload.work.work);
  EXPECT_EQ(queued.payload.work.function, symbol.address);
  IrqFact irq;
  irq.action = kVcpu;
  EXPECT_EQ(through(WP_EVENT_IRQ_ENTRY, wp_irq{3, 0, kVcpu}).payload.irq.action,
            std::get<IrqFact>(through(irq)).action);
}

// The timer of a sleeping vCPU is a part of its struct.
TEST_F(AddressAliasesTest, ATimerLiesAsFarBehindItsVcpuAsItDid) {
  HostFact host;
  host.bg_timer_offset = kOffset;
  through(host);
  VcpuFact vcpu;
  vcpu.kvm_vcpu = kVcpu;
  const auto told = std::get<VcpuFact>(through(vcpu));
  EXPECT_FALSE(in_kernel(told.kvm_vcpu));
  EXPECT_EQ(through(WP_EVENT_HRTIMER_START, wp_hrtimer_start{kVcpu + kOffset, kText, 0, 0})
                .payload.hrtimer_start.timer,
            told.kvm_vcpu + kOffset);
  EXPECT_EQ(through(WP_EVENT_VCPU_KICK, wp_vcpu_kick{kVcpu}).payload.kick.vcpu, told.kvm_vcpu);
}

TEST_F(AddressAliasesTest, NumbersThatAreNoAddressesStay) {
  struct Words {
    std::uint64_t word[4]{kText, kText, kText, kText};
  };
  const auto words_left = [&](wp_event_kind kind) {
    through(kind, Words{});
    int left = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      left += in_kernel(load<std::uint64_t>(
                  kept.bytes, sizeof(wp_batch) + sizeof(wp_event) + i * sizeof(std::uint64_t)))
                  ? 1
                  : 0;
    }
    return left;
  };
  EXPECT_EQ(words_left(WP_EVENT_HRTIMER_START), 2) << "two times";
  EXPECT_EQ(words_left(WP_EVENT_HRTIMER_EXPIRE_ENTRY), 2) << "two times";
  EXPECT_EQ(words_left(WP_EVENT_WORK_QUEUE), 2) << "a CPU, and what is behind it";
  EXPECT_EQ(words_left(WP_EVENT_VCPU_KICK), 3);
}

}  // namespace
}  // namespace wakepath::record
