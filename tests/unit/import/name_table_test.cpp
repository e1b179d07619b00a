// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/name_table.hpp"

#include <gtest/gtest.h>

namespace wakepath::foreign {
namespace {

TEST(NameTableTest, AnAddressInThePlaceOfANameIsLookedUp) {
  NameTable names([](std::uint64_t address) {
    return address == 0xffffc4bdf906dd60 ? std::string("kvm_bg_timer_expire") : std::string();
  });
  EXPECT_EQ(0xffffc4bdf906dd60u, names.function("0xffffc4bdf906dd60", 0));
  EXPECT_EQ(0xffffc4bdf906dd60u, names.function("", 0xffffc4bdf906dd60));
  EXPECT_EQ(0x1234u, names.function("0x1234", 0));
  const auto facts = names.take_facts();
  ASSERT_EQ(1u, facts.size());
  EXPECT_EQ("kvm_bg_timer_expire", std::get<SymbolFact>(facts[0]).name);
  EXPECT_NE(0x12u, names.function("0x12_is_no_address", 0));
}

}  // namespace
}  // namespace wakepath::foreign
