// SPDX-License-Identifier: GPL-2.0-or-later
#include "wakepath/facts.hpp"

#include "record_bytes.hpp"

namespace wakepath::record::testing {

TEST(Facts, ComeBackAsTheyWere) {
  const Fact fact{
      WP_FACT_VCPU, {96, 95, 0, 0xffff000012345678}, {"CPU 0/KVM", "", std::string("a\0b", 3)}};
  const RawBytes bytes = encode(fact);
  EXPECT_EQ(bytes.size() % 8, 0U);
  const auto back = decode_fact(view(bytes));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->kind, fact.kind);
  EXPECT_EQ(back->value, fact.value);
  EXPECT_EQ(back->strings, fact.strings);
  EXPECT_EQ(back->text(7), "");
}

TEST(Facts, StringsAreCutSoThatTheRecordIsOne) {
  const Fact fact{WP_FACT_NOTICE, {}, std::vector<std::string>(30, std::string(5'000, 'x'))};
  const RawBytes bytes = encode(fact);
  EXPECT_LE(bytes.size(), static_cast<std::size_t>(WP_MAX_BATCH));
  const auto back = decode_fact(view(bytes));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->strings.size(), 15U);
  EXPECT_EQ(back->strings[0].size(), 4'096U);
}

TEST(Facts, AKindThatIsNotKnownIsNone) {
  RawBytes bytes = encode({WP_FACT_SYMBOL, {1, 0, 0, 0}, {"name"}});
  put(bytes, offsetof(wp_fact, kind), std::uint32_t{0x7f06});
  const auto back = decode_fact(view(bytes));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->kind, wp_fact_kind{});
}

Interrupt eth1() {
  return {57,        "eth1-rx-1",    "eth1", "rx-1",
          "pci",     "0000:04:00.0", "igc",  "PCI device 8086:125c",
          "web\x1b", "0-3",          "2",    true};
}

TEST(IrqFact, ComesBackAsItWas) {
  for (const auto managed : {std::optional<bool>{}, std::optional(false), std::optional(true)}) {
    Interrupt interrupt = eth1();
    interrupt.managed = managed;
    const Fact fact = irq_fact(0xffff000012345678, interrupt);
    EXPECT_EQ(fact.value[0], 0xffff000012345678U);
    const auto back = decode_fact(view(encode(fact)));
    ASSERT_TRUE(back);
    EXPECT_EQ(interrupt_of(*back), interrupt);
  }
}

TEST(IrqFact, OfAnOlderDumpHasWhatItHas) {
  const Interrupt old = interrupt_of({WP_FACT_IRQ, {1, 57}, {"eth1-rx-1", ""}});
  EXPECT_EQ(old.irq, 57U);
  EXPECT_EQ(old.action, "eth1-rx-1");
  EXPECT_EQ(old.device_or_address(), "");
  EXPECT_EQ(old.managed, std::nullopt);
  EXPECT_EQ(interrupt_of({WP_FACT_IRQ, {}, {}}), Interrupt{});
}

TEST(IrqFact, TextsThatNoKernelHasAreCut) {
  Interrupt interrupt = eth1();
  interrupt.action = interrupt.device = interrupt.effective = std::string(60'000, 'x');
  const auto back = decode_fact(view(encode(irq_fact(1, interrupt))));
  ASSERT_TRUE(back);
  const Interrupt read = interrupt_of(*back);
  EXPECT_EQ(read.device, std::string(1024, 'x'));
  EXPECT_EQ(read.action.size(), 1024U);
  EXPECT_EQ(read.effective, "") << "a list that is cut is another one";
  EXPECT_EQ(read.address, "0000:04:00.0");
}

TEST(IrqFact, CutInItsMiddleIsNone) {
  RawBytes bytes = encode(irq_fact(1, eth1()));
  bytes.resize(bytes.size() - 24);
  put(bytes, offsetof(wp_record, size), static_cast<std::uint32_t>(bytes.size()));
  EXPECT_FALSE(decode_fact(view(bytes)));
}

TEST(Facts, StringsThatDoNotFitAreAnError) {
  RawBytes bytes = encode({WP_FACT_SYMBOL, {1, 0, 0, 0}, {"name"}});
  put(bytes, sizeof(wp_fact), std::uint16_t{7});
  EXPECT_FALSE(decode_fact(view(bytes)));
  put(bytes, sizeof(wp_fact), std::uint16_t{6});
  EXPECT_TRUE(decode_fact(view(bytes)));
  put(bytes, offsetof(wp_record, count), std::uint16_t{2});
  EXPECT_FALSE(decode_fact(view(bytes)));
}

}  // namespace wakepath::record::testing
