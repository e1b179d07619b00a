// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/name_book.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "capture/guest_reports.hpp"

#include <unistd.h>

namespace wakepath::capture {
namespace {

struct Facts final : RecordSink {
  std::vector<Fact> facts;
  template <typename T>
  [[nodiscard]] const T& at(std::size_t index) const {
    return std::get<T>(facts.at(index));
  }
  Result<void> record(RecordView view) override {
    facts.push_back(decode_fact(view).value());
    return {};
  }
};

template <typename Payload>
std::vector<std::byte> batch(wp_event_kind kind, const Payload& payload,
                             std::uint64_t time_ns = 0) {
  struct {
    wp_batch batch;
    wp_event event;
    Payload payload;
  } record{};
  record.batch.record = {WP_RECORD_BATCH, 1, sizeof(record)};
  record.batch.flags = WP_BATCH_NAMES;
  record.event.time_ns = time_ns;
  record.event.kind = static_cast<std::uint8_t>(kind);
  record.event.size = sizeof(record) - sizeof(wp_batch);
  record.payload = payload;
  std::vector<std::byte> bytes(sizeof(record));
  std::memcpy(bytes.data(), &record, sizeof(record));
  return bytes;
}

wp_vcpu own_vcpu(std::uint32_t tid, std::uint32_t id) {
  wp_vcpu vcpu{};
  vcpu.vcpu = 0xffff000000001000;
  vcpu.tid = tid;
  vcpu.tgid = static_cast<std::uint32_t>(::getpid());
  vcpu.vcpu_id = id;
  vcpu.kvm = 0xffff000000005000;
  std::strncpy(vcpu.comm, "CPU 0/KVM", sizeof(vcpu.comm));
  std::strncpy(vcpu.process_comm, "demo", sizeof(vcpu.process_comm));
  return vcpu;
}

TEST(NameBook, NamesAVmOnceAndEachVcpu) {
  NameBook names({static_cast<std::uint32_t>(::getpid()), true, "/"});
  Facts sink;
  ASSERT_TRUE(names.batch(*RecordView::at(batch(WP_EVENT_VCPU, own_vcpu(101, 0), 900)), sink));
  ASSERT_TRUE(names.batch(*RecordView::at(batch(WP_EVENT_VCPU, own_vcpu(102, 1), 901)), sink));
  ASSERT_EQ(sink.facts.size(), 3U);
  const std::uint32_t key = sink.at<VmFact>(0).key;
  EXPECT_EQ(sink.at<VmFact>(0).since_ns, 900U);
  EXPECT_EQ(sink.at<VmFact>(0).name, "guest");
  EXPECT_EQ(sink.at<VcpuFact>(1), (VcpuFact{101, 0, key, 0, 0xffff000000001000, 900, "CPU 0/KVM"}));
  EXPECT_EQ(sink.at<VcpuFact>(2).tid, 102U);
  EXPECT_EQ(sink.at<VcpuFact>(2).index, 1U);
  EXPECT_EQ(names.guest_thread(1), 102U);
  EXPECT_EQ(names.guest_thread(2), std::nullopt);
}

TEST(NameBook, WhatIsNamedAgainIsSaidOnlyWhereItIsNew) {
  NameBook names({static_cast<std::uint32_t>(::getpid()), true, "/"});
  Facts sink;
  wp_vcpu vcpu = own_vcpu(101, 0);
  ASSERT_TRUE(names.vcpu(vcpu, 0, sink));
  ASSERT_EQ(sink.facts.size(), 2U);
  vcpu.round = 1;
  vcpu.state = WP_VCPU_AGAIN;
  ASSERT_TRUE(names.vcpu(vcpu, 1000, sink));
  EXPECT_EQ(sink.facts.size(), 2U);
  std::strncpy(vcpu.comm, "renamed", sizeof(vcpu.comm));
  ASSERT_TRUE(names.vcpu(vcpu, 2000, sink));
  ASSERT_EQ(sink.facts.size(), 3U);
  EXPECT_EQ(sink.at<VcpuFact>(2).thread, "renamed");
  // The thread ended, and another has its number.
  vcpu.state = 0;
  ASSERT_TRUE(names.vcpu(vcpu, 3000, sink));
  ASSERT_EQ(sink.facts.size(), 4U);
  EXPECT_EQ(sink.at<VcpuFact>(3).since_ns, 3000U);
}

TEST(NameBook, NamesIrqActions) {
  NameBook names({});
  Facts sink;
  wp_irq_name name{0xffff000000002000, 13, 0, {}};
  std::memset(name.name, 'x', sizeof(name.name));  // cut, not terminated
  ASSERT_TRUE(names.batch(*RecordView::at(batch(WP_EVENT_IRQ_NAME, name)), sink));
  ASSERT_EQ(sink.facts.size(), 1U);
  EXPECT_EQ(sink.at<IrqFact>(0).interrupt.irq, 13U);
  EXPECT_EQ(sink.at<IrqFact>(0).interrupt.action, std::string(32, 'x'));
}

TEST(NameBook, SaysWhoseAnInterruptIsOnceItIsKnown) {
  Interrupt interrupt;
  interrupt.irq = 57;
  interrupt.action = "eth1-rx-1";
  interrupt.device = "eth1";
  NameBook names({}, [interrupt] { return std::vector{interrupt}; });
  Facts sink;
  const wp_irq_name name{0xffff000000002000, 57, 0, "eth1-rx-1"};
  ASSERT_TRUE(names.batch(*RecordView::at(batch(WP_EVENT_IRQ_NAME, name)), sink));
  ASSERT_TRUE(names.irq_news(last_deadline(), sink));
  ASSERT_EQ(sink.facts.size(), 2U);
  EXPECT_EQ(sink.at<IrqFact>(0).interrupt.device, "");
  EXPECT_EQ(sink.at<IrqFact>(1).action, name.action);
  EXPECT_EQ(sink.at<IrqFact>(1).interrupt, interrupt);
}

wp_function function(std::string_view printed) {
  wp_function one{0x1234, {}};
  std::ranges::copy(printed.substr(0, sizeof(one.name)), one.name);
  return one;
}

TEST(NameBook, AFunctionWithoutASymbolStaysAnAddress) {
  for (const char* const printed : {"", "0xffff800008123456"}) {
    NameBook names({});
    Facts sink;
    ASSERT_TRUE(names.batch(*RecordView::at(batch(WP_EVENT_FUNCTION, function(printed))), sink));
    EXPECT_TRUE(sink.facts.empty());
  }
}

TEST(NameBook, AFunctionIsCalledWhatTheKernelPrints) {
  NameBook names({});
  Facts sink;
  for (const std::string& printed :
       {std::string("hrtimer_wakeup"), std::string("irqfd_inject.isra.0 [kvm]"),
        std::string(WP_FUNCTION_BYTES + 10, 'x')}) {
    ASSERT_TRUE(names.batch(*RecordView::at(batch(WP_EVENT_FUNCTION, function(printed))), sink));
  }
  ASSERT_EQ(sink.facts.size(), 3U);
  EXPECT_EQ(sink.at<SymbolFact>(0).address, 0x1234U);
  EXPECT_EQ(sink.at<SymbolFact>(0).name, "hrtimer_wakeup");
  EXPECT_EQ(sink.at<SymbolFact>(1).name, "irqfd_inject");
  EXPECT_EQ(sink.at<SymbolFact>(2).name, std::string(WP_FUNCTION_BYTES, 'x'));
}

TEST(GuestClock, BetweenTwoPairsTheirOwnRateHolds) {
  const guest::ClockPair before{1'000'000, 5'000'000'000, 40};
  const guest::ClockPair after{1'062'500, 5'001'000'100, 40};  // 100 ns in a ms faster than nominal
  EXPECT_EQ(counter_to_ns(1'031'250, before, after, 62'500'000), 5'000'500'050U);
  EXPECT_EQ(counter_to_ns(1'062'500, before, after, 62'500'000), 5'001'000'100U);
  EXPECT_EQ(counter_to_ns(1'000'000, before, after, 62'500'000), 5'000'000'000U);
}

TEST(GuestClock, AloneAPairCountsAtTheNominalRate) {
  const guest::ClockPair after{1'062'500, 5'001'000'000, 40};
  EXPECT_EQ(counter_to_ns(1'031'250, std::nullopt, after, 62'500'000), 5'000'500'000U);
}

}  // namespace
}  // namespace wakepath::capture
