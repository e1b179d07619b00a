// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/interrupt_text.hpp"

#include <gtest/gtest.h>

namespace wakepath::present {
namespace {

Interrupt of_device(const char* device, const char* queue, const char* address) {
  Interrupt interrupt;
  interrupt.irq = 57;
  interrupt.action = "action";
  interrupt.device = device;
  interrupt.queue = queue;
  interrupt.address = address;
  return interrupt;
}

TEST(InterruptText, IsTheDeviceItsQueueAndPlace) {
  EXPECT_EQ(interrupt_text(of_device("eth1", "rx-1", "0000:04:00.0")),
            "eth1 rx-1 (0000:04:00.0, irq 57)");
  EXPECT_EQ(interrupt_text(of_device("eth1", "", "0000:04:00.0")), "eth1 (0000:04:00.0, irq 57)");
  EXPECT_EQ(interrupt_text(of_device("nvme0n1", "3", "")), "nvme0n1 queue 3 (irq 57)");
}

TEST(InterruptText, WhatTheDeviceHasNoNameForIsTheActions) {
  EXPECT_EQ(interrupt_text(of_device("", "", "0000:04:00.0")), "action (0000:04:00.0, irq 57)");
  EXPECT_EQ(interrupt_text(of_device("", "rx-1", "")), "action (irq 57)");
  EXPECT_EQ(interrupt_text("arch_timer", 13, nullptr), "arch_timer (irq 13)");
  EXPECT_EQ(interrupt_text("", 13, nullptr), "(irq 13)");
  EXPECT_EQ(interrupt_text("local_timer", std::nullopt, nullptr), "local_timer");
}

TEST(InterruptText, AnAddressIsSaidOnce) {
  Interrupt interrupt = of_device("", "", "0000:41:00.0");
  interrupt.action = "vfio-msix[3](0000:41:00.0)";
  interrupt.given_to = "web";
  EXPECT_EQ(interrupt_text(interrupt), "vfio-msix[3](0000:41:00.0) (irq 57, VM web)");
}

TEST(InterruptText, NamesCanNeitherBreakTheLineNorFillIt) {
  Interrupt interrupt = of_device("\x1b[2J\n", "\r\x80", "a\tb");
  interrupt.given_to = std::string(5'000, 'v');
  const std::string text = interrupt_text(interrupt);
  EXPECT_EQ(text.substr(0, 45), "\\x1b[2J\\x0a \\x0d\\x80 (a\\x09b, irq 57, VM vvvv");
  EXPECT_LT(text.size(), 100U);
}

TEST(BlamedText, KeepsTheCallbackBehindTheInterrupt) {
  Blame blame{BlameKind::hardirq, "action: tick", 5, {}, {}, {}};
  EXPECT_EQ(blamed_text(blame), "action: tick");
  blame.interrupt = std::make_shared<const Interrupt>(of_device("", "", ""));
  EXPECT_EQ(blamed_text(blame), "action: tick") << "of which nothing is known";
  blame.interrupt = std::make_shared<const Interrupt>(of_device("eth1", "rx-1", ""));
  EXPECT_EQ(blamed_text(blame), "eth1 rx-1 (irq 57): tick");
  blame.what = "irq 57";
  EXPECT_EQ(blamed_text(blame), "irq 57") << "named by something else";
}

}  // namespace
}  // namespace wakepath::present
