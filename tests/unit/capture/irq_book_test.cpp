// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/irq_book.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <thread>

namespace wakepath::capture {
namespace {

using std::chrono::seconds;

wp_irq_name action(std::uint64_t address, std::uint32_t irq, const std::string& name) {
  wp_irq_name named{address, irq, 0, {}};
  std::strncpy(named.name, name.c_str(), sizeof(named.name) - 1);
  return named;
}

Interrupt source(std::uint32_t irq, const std::string& name, const std::string& device) {
  Interrupt interrupt;
  interrupt.irq = irq;
  interrupt.action = name;
  interrupt.device = device;
  return interrupt;
}

// A host whose interrupts change while it is looked at.
struct Host {
  std::shared_ptr<std::vector<Interrupt>> interrupts = std::make_shared<std::vector<Interrupt>>();
  std::shared_ptr<std::atomic<int>> reads = std::make_shared<std::atomic<int>>(0);

  IrqBook book() const {
    return IrqBook([interrupts = interrupts, reads = reads] {
      ++*reads;
      return *interrupts;
    });
  }
};

IrqBook::Clock::time_point soon() { return IrqBook::Clock::now() + seconds(10); }

std::vector<Fact> wait_for_news(IrqBook& book, IrqBook::Clock::time_point now) {
  for (int tries = 0; tries < 60'000; ++tries) {
    if (auto facts = book.news(now); !facts.empty()) {
      return facts;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return {};
}

TEST(IrqBook, WithoutAReaderAnActionHasItsNameAlone) {
  IrqBook book;
  const Fact fact = book.named(action(0x2000, 57, "eth1-rx-1"));
  EXPECT_EQ(std::get<IrqFact>(fact).action, 0x2000U);
  EXPECT_EQ(std::get<IrqFact>(fact).interrupt, source(57, "eth1-rx-1", ""));
  EXPECT_TRUE(book.news(IrqBook::Clock::now()).empty());
  EXPECT_TRUE(book.last_news(soon()).empty());
}

TEST(IrqBook, TheDeviceFollowsTheNameAndIsThereTheNextTime) {
  Host host;
  *host.interrupts = {source(56, "eth1-rx-1", "eth0"), source(57, "eth1-rx-1", "eth1")};
  IrqBook book = host.book();
  EXPECT_TRUE(book.news(IrqBook::Clock::now()).empty());
  EXPECT_EQ(*host.reads, 0) << "nothing was named";
  EXPECT_EQ(std::get<IrqFact>(book.named(action(0x2000, 57, "eth1-rx-1"))).interrupt.device, "");
  const auto facts = wait_for_news(book, IrqBook::Clock::now());
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(std::get<IrqFact>(facts[0]).action, 0x2000U);
  EXPECT_EQ(std::get<IrqFact>(facts[0]).interrupt.device, "eth1");
  EXPECT_EQ(std::get<IrqFact>(book.named(action(0x3000, 57, "eth1-rx-1"))).interrupt.device,
            "eth1");
  EXPECT_EQ(std::get<IrqFact>(book.named(action(0x4000, 57, "vfio"))).interrupt.device, "")
      << "was another's";
}

TEST(IrqBook, ReadsAgainOnlyForWhatIsNewAndSeldom) {
  Host host;
  *host.interrupts = {source(57, "eth1", "eth1")};
  IrqBook book = host.book();
  const auto start = IrqBook::Clock::now();
  static_cast<void>(book.named(action(0x2000, 57, "eth1")));
  static_cast<void>(book.named(action(0x3000, 13, "arch_timer")));
  ASSERT_EQ(wait_for_news(book, start).size(), 1U) << "nobody knows more of arch_timer";
  // Named again, nothing is new.
  static_cast<void>(book.named(action(0x2000, 57, "eth1")));
  static_cast<void>(book.named(action(0x3000, 13, "arch_timer")));
  EXPECT_TRUE(book.news(start + seconds(60)).empty());
  EXPECT_EQ(*host.reads, 1);
  *host.interrupts = {source(57, "eth1", "eth1"), source(58, "eth2", "eth2")};
  static_cast<void>(book.named(action(0x4000, 58, "eth2")));
  EXPECT_TRUE(book.news(start + seconds(9)).empty());
  EXPECT_TRUE(book.last_news(soon()).size() == 1U) << "at the end it is read all the same";
  EXPECT_EQ(*host.reads, 2);
}

TEST(IrqBook, WhatAppearsWhileItReadsIsLookedForInTheNextReading) {
  std::promise<void> go_on;
  const auto held = go_on.get_future().share();
  auto reads = std::make_shared<std::atomic<int>>(0);
  IrqBook book([held, reads] {
    std::vector<Interrupt> sources{source(57, "eth1", "eth1")};
    if (++*reads == 1) {
      held.wait();
    } else {
      sources.push_back(source(58, "eth2", "eth2"));
    }
    return sources;
  });
  static_cast<void>(book.named(action(0x2000, 57, "eth1")));
  EXPECT_TRUE(book.news(IrqBook::Clock::now()).empty());
  static_cast<void>(book.named(action(0x4000, 58, "eth2")));
  go_on.set_value();
  const auto facts = book.last_news(soon());
  ASSERT_EQ(facts.size(), 2U);
  EXPECT_EQ(std::get<IrqFact>(facts[0]).interrupt.device, "eth1");
  EXPECT_EQ(std::get<IrqFact>(facts[1]).interrupt.device, "eth2");
  EXPECT_EQ(*reads, 2);
}

TEST(IrqBook, AReadingThatBlocksDoesNotHoldTheEnd) {
  std::promise<void> go_on;
  const auto held = go_on.get_future().share();
  auto reads = std::make_shared<std::atomic<int>>(0);
  IrqBook book([held, reads] {
    ++*reads;
    held.wait();
    return std::vector<Interrupt>{};
  });
  static_cast<void>(book.named(action(0x2000, 57, "eth1")));
  for (int time = 0; time < 2; ++time) {
    const auto facts = book.last_news(IrqBook::Clock::now());
    ASSERT_EQ(facts.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<NoticeFact>(facts[0]));
  }
  go_on.set_value();
  EXPECT_TRUE(book.last_news(soon()).empty());
  EXPECT_EQ(*reads, 1);
}

TEST(IrqBook, WhatOneReadingToldIsSaidThoughTheNextOneBlocks) {
  std::promise<void> go_on;
  const auto held = go_on.get_future().share();
  auto reads = std::make_shared<std::atomic<int>>(0);
  IrqBook book([held, reads] {
    if (++*reads == 2) {
      held.wait();
    }
    return std::vector<Interrupt>{source(57, "eth1", "eth1")};
  });
  static_cast<void>(book.named(action(0x2000, 57, "eth1")));
  EXPECT_TRUE(book.news(IrqBook::Clock::now()).empty());
  static_cast<void>(book.named(action(0x4000, 58, "eth2")));
  const auto facts = book.last_news(IrqBook::Clock::now() + seconds(1));
  go_on.set_value();
  ASSERT_EQ(facts.size(), 2U);
  EXPECT_EQ(std::get<IrqFact>(facts[0]).interrupt.device, "eth1");
  EXPECT_TRUE(std::holds_alternative<NoticeFact>(facts[1]));
}

TEST(IrqBook, ANameThatTheKernelSideCutIsFound) {
  Host host;
  const std::string name(60, 'n');
  *host.interrupts = {source(57, name, "eth1")};
  IrqBook book = host.book();
  static_cast<void>(book.named(action(0x2000, 57, name)));
  const auto facts = book.last_news(soon());
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(std::get<IrqFact>(facts[0]).interrupt.action, name);
}

}  // namespace
}  // namespace wakepath::capture
