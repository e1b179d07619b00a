// SPDX-License-Identifier: GPL-2.0-or-later
#include "wakepath/facts.hpp"

#include "record_bytes.hpp"

namespace wakepath::order::testing {

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

TEST(Facts, StringsThatDoNotFitAreAnError) {
  RawBytes bytes = encode({WP_FACT_SYMBOL, {1, 0, 0, 0}, {"name"}});
  put(bytes, sizeof(wp_fact), std::uint16_t{7});
  EXPECT_FALSE(decode_fact(view(bytes)));
  put(bytes, sizeof(wp_fact), std::uint16_t{6});
  EXPECT_TRUE(decode_fact(view(bytes)));
  put(bytes, offsetof(wp_record, count), std::uint16_t{2});
  EXPECT_FALSE(decode_fact(view(bytes)));
}

}  // namespace wakepath::order::testing
