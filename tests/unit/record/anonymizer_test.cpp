// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/anonymizer.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "record/inside.hpp"
#include "record_bytes.hpp"

namespace wakepath::record {
namespace {

struct KeptRecord final : RecordSink {
  Result<void> record(RecordView view) override {
    bytes.assign(view.bytes().begin(), view.bytes().end());
    return {};
  }
  std::vector<std::byte> bytes;
};

struct AnonymizerTest : ::testing::Test {
  KeptRecord kept;
  Anonymizer sink{kept};

  Fact through(const Fact& fact) {
    kept.bytes.clear();
    const auto bytes = wakepath::encode(fact);
    EXPECT_TRUE(sink.record(*RecordView::at(bytes)));
    const auto view = RecordView::at(kept.bytes);
    return view ? *wakepath::decode_fact(*view) : Fact{};
  }
  static testing::RawBytes batch_of(const testing::RawBytes& event) {
    testing::RawBytes bytes;
    wp_batch head{};
    head.record = {WP_RECORD_BATCH, 1, static_cast<std::uint32_t>(sizeof(head) + event.size())};
    testing::append(bytes, head);
    bytes.insert(bytes.end(), event.begin(), event.end());
    return bytes;
  }
  std::string text() const {
    return {reinterpret_cast<const char*>(kept.bytes.data()), kept.bytes.size()};
  }
};

TEST(NameAliases, OneNameHasOneAlias) {
  NameAliases names;
  EXPECT_EQ(names.task("postgres"), "task-a");
  EXPECT_EQ(names.task("poller12"), "task-b0");
  EXPECT_EQ(names.task("poller3"), "task-b1") << "they still share a path";
  EXPECT_EQ(names.task("poller12"), "task-b0");
  EXPECT_EQ(names.task(""), "");
  EXPECT_EQ(names.device("eth0-TxRx-3"), "dev-a0");
  EXPECT_EQ(names.vm("customer-4711"), "vm-a0") << "nothing of the number is left";
  EXPECT_EQ(names.tasks(), 3U);
}

TEST(NameAliases, GoesOnBehindTheLastLetter) {
  NameAliases names;
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const std::string name(1, static_cast<char>('A' + i % 26));
    seen.insert(names.task(name + std::string(static_cast<std::size_t>(i / 26), 'x')));
  }
  EXPECT_EQ(seen.size(), 1'000U);
  EXPECT_TRUE(seen.contains("task-z"));
  EXPECT_TRUE(seen.contains("task-aa"));
}

TEST(NameAliases, WhatEveryHostHasKeepsItsName) {
  NameAliases names;
  for (const char* const name : {"kworker/3:1", "kworker/u16:2", "swapper/0", "CPU 3/KVM",
                                 "vhost-1234", "ksoftirqd/1", "rcu_preempt"}) {
    EXPECT_EQ(names.task(name), name);
  }
  EXPECT_EQ(names.device("arch_timer"), "arch_timer");
  EXPECT_EQ(names.task("irq/43-acme0"), "irq/43-dev-a0");
  EXPECT_EQ(names.task("kworker/acme:1"), "task-a0") << "no name of the kernel's";
}

TEST_F(AnonymizerTest, ReplacesTheNamesOfFacts) {
  EXPECT_EQ(std::get<VmFact>(through(VmFact{1, 99, 0, "acme"})).name, "vm-a");
  EXPECT_EQ(std::get<VcpuFact>(through(VcpuFact{.tid = 5, .thread = "acme-vcpu"})).thread,
            "task-a");
  EXPECT_EQ(std::get<ThreadFact>(through(ThreadFact{5, "acme-vcpu"})).name, "task-a");
  IrqFact irq;
  irq.interrupt.action = "arch_timer";
  irq.interrupt.device = "acme0";
  irq.interrupt.address = "0000:04:00.0";
  irq.interrupt.description = "Acme 4000";
  irq.interrupt.driver = "virtio-pci";
  irq.interrupt.given_to = "acme";
  const auto other = std::get<IrqFact>(through(irq)).interrupt;
  EXPECT_EQ(other.action, "arch_timer");
  EXPECT_EQ(other.device, "dev-a0");
  EXPECT_EQ(other.address, "dev-b0");
  EXPECT_EQ(other.description, "");
  EXPECT_EQ(other.driver, "virtio-pci");
  EXPECT_EQ(other.given_to, "vm-a") << "the VM's own alias";
}

TEST_F(AnonymizerTest, LeavesOutWhatHasTooManyNames) {
  HostFact host;
  host.kernel = "6.1.0";
  host.options = "wakepath record --vm acme";
  const auto other = std::get<HostFact>(through(host));
  EXPECT_EQ(other.kernel, "6.1.0");
  EXPECT_EQ(other.options, "");
  EXPECT_TRUE(std::holds_alternative<UnknownFact>(
      through(HostFileFact{WP_HOST_FILE, 0444, 0, 1, "proc/cmdline", {"root=acme"}})));
  EXPECT_EQ(sink.host_files(), 1U);
  EXPECT_EQ(std::get<NoticeFact>(through(NoticeFact{WP_ADVICE_OTHER, 0, "acme"})).text.find("acme"),
            std::string::npos);
}

TEST_F(AnonymizerTest, ReplacesNamesInEventsAndWhatStandsBehindThem) {
  wp_switch to{};
  to.next_tid = 7;
  std::memcpy(to.next_comm, "acme\0secret", 11);
  ASSERT_TRUE(
      sink.record(*RecordView::at(batch_of(testing::raw_event(7, WP_EVENT_SWITCH, 5, to)))));
  EXPECT_EQ(text().find("acme"), std::string::npos);
  EXPECT_EQ(text().find("secret"), std::string::npos);
  EXPECT_NE(text().find("task-a"), std::string::npos);
}

TEST_F(AnonymizerTest, ANameOfFullLengthHasNoEnd) {
  wp_switch to{};
  std::memcpy(to.next_comm, "0123456789acmeXY", WP_COMM_BYTES);
  ASSERT_TRUE(
      sink.record(*RecordView::at(batch_of(testing::raw_event(7, WP_EVENT_SWITCH, 5, to)))));
  EXPECT_EQ(text().find("acme"), std::string::npos);
}

TEST_F(AnonymizerTest, RefusesEventsThatItDoesNotKnow) {
  const auto bytes =
      batch_of(testing::raw_event(7, static_cast<wp_event_kind>(WP_EVENT_KINDS), 5, wp_rename{}));
  EXPECT_FALSE(sink.record(*RecordView::at(bytes)));
  EXPECT_TRUE(sink.refused());
}

TEST(InsideTest, ListsEachNameOnce) {
  Inside inside;
  for (const Fact& fact :
       {Fact{VmFact{1, 9, 0, "acme"}}, Fact{VcpuFact{.tid = 5, .thread = "CPU 0/KVM"}},
        Fact{ThreadFact{6, "hog"}}, Fact{ThreadFact{7, "hog"}},
        Fact{SymbolFact{0xffffffff81000000, "tick"}},
        Fact{HostFileFact{WP_HOST_FILE, 0444, 0, 1, "proc/cmdline", {"quiet"}}}}) {
    const auto bytes = wakepath::encode(fact);
    ASSERT_TRUE(inside.record(*RecordView::at(bytes)));
  }
  EXPECT_EQ(inside.vms(), std::set<std::string>{"acme"});
  EXPECT_EQ(inside.threads(), (std::set<std::string>{"CPU 0/KVM", "hog"}));
  EXPECT_EQ(inside.functions(), std::set<std::string>{"tick"});
  EXPECT_EQ(inside.files(), std::set<std::string>{"/proc/cmdline"});
  EXPECT_TRUE(inside.kernel_addresses());
}

}  // namespace
}  // namespace wakepath::record
