// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/duration.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace wakepath {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST(ParseDuration, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("250ns").value(), 250U);
  EXPECT_EQ(parse_duration("500us").value(), 500'000U);
  EXPECT_EQ(parse_duration("500µs").value(), 500'000U);
  EXPECT_EQ(parse_duration("500μs").value(), 500'000U);
  EXPECT_EQ(parse_duration("1.5ms").value(), 1'500'000U);
  EXPECT_EQ(parse_duration("30s").value(), 30'000'000'000U);
  EXPECT_EQ(parse_duration("5m").value(), 300'000'000'000U);
  EXPECT_EQ(parse_duration("2h").value(), 7'200'000'000'000U);
  EXPECT_EQ(parse_duration("0.000000001s").value(), 1U);
  EXPECT_EQ(parse_duration("0").value(), 0U);
  EXPECT_EQ(parse_duration("0s").value(), 0U);
  EXPECT_EQ(parse_duration("18446744073709551615ns").value(), kMost);
  EXPECT_EQ(parse_duration("1.000ns").value(), 1U);
}

TEST(ParseDuration, RefusesTheRest) {
  for (const char* text : {"",
                           "s",
                           "10",
                           "-1s",
                           "+1s",
                           " 1s",
                           "1 s",
                           "1s ",
                           "1.s",
                           ".5s",
                           "1e3s",
                           "10sec",
                           "0.5ns",
                           "1.00000000001ns",
                           "0.0000000001s",
                           "18446744073709551616ns",
                           "99999999999h",
                           "5124095576.1h",
                           "0x10s",
                           "1\n",
                           "1MS"}) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::usage);
  }
}

TEST(ParseDuration, SaysWhatIsWrongWithoutRepeatingControlCharacters) {
  EXPECT_EQ(parse_duration("10").error().message,
            "'10' is no duration: the unit is missing (500us, 10ms, 30s, 5m)");
  EXPECT_EQ(
      parse_duration("1\x1b[m").error().message,
      "'1\\x1b[m' is no duration: the unit must be ns, us, ms, s, m or h (500us, 10ms, 30s, 5m)");
}

TEST(FormatDuration, GivesThreeDigitsAndAUnit) {
  EXPECT_EQ(format_duration(0), "0ns");
  EXPECT_EQ(format_duration(842), "842ns");
  EXPECT_EQ(format_duration(1'000), "1.00us");
  EXPECT_EQ(format_duration(12'345), "12.3us");
  EXPECT_EQ(format_duration(1'050'000), "1.05ms");
  EXPECT_EQ(format_duration(30'000'000'000), "30.0s");
  EXPECT_EQ(format_duration(300'000'000'000), "300s");
  EXPECT_EQ(format_duration(1'800'000'000'000), "30.0m");
  EXPECT_EQ(format_duration(7'200'000'000'000), "2.00h");
}

TEST(FormatDuration, NeverShowsMoreThanItWas) {
  EXPECT_EQ(format_duration(999), "999ns");
  EXPECT_EQ(format_duration(9'999), "9.99us");
  EXPECT_EQ(format_duration(99'999), "99.9us");
  EXPECT_EQ(format_duration(999'999), "999us");
  EXPECT_EQ(format_duration(999'999'999), "999ms");
  EXPECT_EQ(format_duration(999'999'999'999), "999s");
  EXPECT_EQ(format_duration(7'199'999'999'999), "119m");
  EXPECT_EQ(format_duration(kMost), "5124095h");
}

}  // namespace
}  // namespace wakepath
