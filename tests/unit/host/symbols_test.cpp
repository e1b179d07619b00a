// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "host/host_facts.hpp"
#include "tree.hpp"

namespace wakepath::host {
namespace {

using SymbolsTest = Tree;

TEST_F(SymbolsTest, NamesByStartAndByWhatContains) {
  put("proc/kallsyms",
      "ffffc4bdf9418fb0 t aio_poll_put_work\n"
      "ffffc4bdf906dd60 T kvm_bg_timer_expire\n"
      "ffffc4bdf9419100 W arch_thing\n"
      "ffffc4bd00001000 t virtnet_poll\t[virtio_net]\n");
  const auto symbols = Symbols::read(root()).value();
  EXPECT_FALSE(symbols.restricted());
  EXPECT_EQ(symbols.name(0xffffc4bdf906dd60), "kvm_bg_timer_expire");
  EXPECT_EQ(symbols.name(0xffffc4bdf9418fb4), "aio_poll_put_work");
  EXPECT_EQ(symbols.name(0xffffc4bdf94190ff), "aio_poll_put_work");
  EXPECT_EQ(symbols.name(0xffffc4bdf9419100), "arch_thing");
  EXPECT_EQ(symbols.name(0xffffc4bd00001000), "virtnet_poll");
  EXPECT_EQ(symbols.name(0xffffc4bd00000fff), std::nullopt);
  EXPECT_EQ(symbols.name(0), std::nullopt);
  EXPECT_EQ(symbols.name(~0ULL), std::nullopt);
}

TEST_F(SymbolsTest, DropsWhatCompilersAppend) {
  put("proc/kallsyms",
      "ffff000000001000 t a.isra.0\n"
      "ffff000000002000 t b.constprop.0.isra.3\n"
      "ffff000000003000 t c.part.0.cold\n"
      "ffff000000004000 t d.llvm.123456\n"
      "ffff000000005000 t e.f\n"
      "ffff000000006000 t .cold\n");
  const auto symbols = Symbols::read(root()).value();
  EXPECT_EQ(symbols.name(0xffff000000001000), "a");
  EXPECT_EQ(symbols.name(0xffff000000002000), "b");
  EXPECT_EQ(symbols.name(0xffff000000003000), "c");
  EXPECT_EQ(symbols.name(0xffff000000004000), "d");
  EXPECT_EQ(symbols.name(0xffff000000005000), "e.f");
  EXPECT_EQ(symbols.name(0xffff000000006000), ".cold");
}

TEST_F(SymbolsTest, DataIsNoFunctionAndEndsTheOneBefore) {
  put("proc/kallsyms",
      "ffff000000001000 T f\n"
      "ffff000000002000 D data\n"
      "ffff000000002100 b more\n"
      "ffff000000003000 T g\n"
      "ffff000000003000 d same_place\n");
  const auto symbols = Symbols::read(root()).value();
  EXPECT_EQ(symbols.name(0xffff000000001fff), "f");
  EXPECT_EQ(symbols.name(0xffff000000002000), std::nullopt);
  EXPECT_EQ(symbols.name(0xffff000000002fff), std::nullopt);
  EXPECT_EQ(symbols.name(0xffff000000003000), "g");
  EXPECT_EQ(symbols.name(0xffff000000003000 + 0x200000), std::nullopt);
}

TEST_F(SymbolsTest, OfSeveralNamesTheFirstListedCounts) {
  put("proc/kallsyms",
      "ffffffff81000000 d first_data\n"
      "ffffffff81000000 T first\n"
      "ffffffff81000000 T second\n"
      "ffffffff80000000 T below\n");
  EXPECT_EQ(Symbols::read(root()).value().name(0xffffffff81000000), "first");
}

TEST_F(SymbolsTest, SaysThatAddressesAreHidden) {
  put("proc/kallsyms", "0000000000000000 T _stext\n0000000000000000 t f\n");
  const auto symbols = Symbols::read(root()).value();
  EXPECT_TRUE(symbols.restricted());
  EXPECT_EQ(symbols.name(0), std::nullopt);
  EXPECT_EQ(symbols.name(0xffff000000001000), std::nullopt);
}

TEST_F(SymbolsTest, PerCpuOffsetsAtZeroAreNoRestriction) {
  put("proc/kallsyms", "0000000000000000 A fixed_percpu_data\nffffffff81000000 T _stext\n");
  EXPECT_FALSE(Symbols::read(root()).value().restricted());
}

TEST_F(SymbolsTest, SkipsLinesThatAreNone) {
  put("proc/kallsyms",
      "\n \nffff\nffff000000001000\nffff000000001000 \nffff000000001000 T\nffff000000001000 T \n"
      "fffffffffffffffff T seventeen\nGGGG T x\nffff000000001000xT f\nffff000000002000 T good");
  const auto symbols = Symbols::read(root()).value();
  EXPECT_EQ(symbols.name(0xffff000000001000), std::nullopt);
  EXPECT_EQ(symbols.name(0xffff000000002000), "good");
}

TEST_F(SymbolsTest, SaysThatTheFileIsMissing) {
  EXPECT_EQ(Symbols::read(root()).error().kind, ErrorKind::unsupported);
}

}  // namespace
}  // namespace wakepath::host
