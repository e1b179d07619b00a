// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/moment.hpp"

#include <gtest/gtest.h>

namespace wakepath::analysis {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

// Begins at 23:59:58.5 of a day.
Header header() {
  Header out;
  out.begin_ns = 500'000'000;
  out.realtime_offset_ns = (86'400ULL * 20'000 + 86'398) * kSecond;
  return out;
}

StreamMoment moment(const char* text, const Header& header) {
  const auto parsed = parse_moment(text);
  EXPECT_TRUE(parsed) << text;
  const auto found = resolve(*parsed, header);
  EXPECT_TRUE(found) << text;
  return found.value_or(StreamMoment{});
}

std::uint64_t at(const char* text, const Header& header) { return moment(text, header).begin_ns; }

TEST(Moment, IsFromTheBeginOn) {
  EXPECT_EQ(at("0", header()), 500'000'000U);
  EXPECT_EQ(at("1.5s", header()), 2'000'000'000U);
}

TEST(Moment, OrATimeOfDayAlsoPastMidnight) {
  EXPECT_EQ(at("23:59:59", header()), 1'000'000'000U);
  EXPECT_EQ(at("23:59:58.75", header()), 750'000'000U);
  EXPECT_EQ(at("00:00:01", header()), 3'000'000'000U);
  EXPECT_EQ(at("00:00", header()), 2'000'000'000U);
  EXPECT_EQ(at("23:59:58", header()), 0U) << "before the begin";
}

TEST(Moment, OfADayLastsAsLongAsItsTextStaysTheSame) {
  EXPECT_EQ(moment("23:59:59", header()).end_ns, 1'999'999'999U);
  EXPECT_EQ(moment("23:59:59.250", header()).end_ns, 1'250'999'999U);
  EXPECT_EQ(moment("23:59:59.250000001", header()).end_ns, 1'250'000'001U);
  EXPECT_EQ(moment("00:00", header()).end_ns, 61'999'999'999U);
  EXPECT_EQ(moment("1s", header()).end_ns, 1'500'000'000U);
}

TEST(Moment, OfADayFollowsTheClockThatSomebodySets) {
  const std::uint64_t offset = *header().realtime_offset_ns;
  const StreamMoment midnight = moment("00:00", header());
  EXPECT_EQ(midnight.comparable(5 * kSecond, offset), 5 * kSecond);
  EXPECT_EQ(midnight.comparable(5 * kSecond, offset + 3600 * kSecond), 3605 * kSecond);
  EXPECT_EQ(midnight.comparable(5 * kSecond, offset - 2 * kSecond), 3 * kSecond);
  EXPECT_EQ(midnight.comparable(5 * kSecond, offset - 9 * kSecond), 0U);
  EXPECT_EQ(midnight.comparable(5 * kSecond, offset + 100 * (86'400 * kSecond)), 5 * kSecond)
      << "the text is the same each day";
  EXPECT_EQ(midnight.comparable(5 * kSecond, std::nullopt), 5 * kSecond);
  EXPECT_EQ(moment("3s", header()).comparable(5 * kSecond, offset + kSecond), 5 * kSecond);
}

TEST(Moment, IsRefusedWhereItCantBeRead) {
  for (const char* const text : {"", "5", "24:00:00", "12:60", "1:00:00", "12:00:00.", "12:00:0",
                                 "12:00:00.0123456789", "12-00-00", "noon", "12:00x"}) {
    EXPECT_FALSE(parse_moment(text)) << text;
  }
}

TEST(Moment, IsRefusedWhereTheInputDoesNotTellTheTime) {
  Header unknown = header();
  unknown.realtime_offset_ns.reset();
  EXPECT_FALSE(resolve(*parse_moment("12:00"), unknown));
  EXPECT_TRUE(resolve(*parse_moment("1s"), unknown));
  unknown.trace = TraceOrigin{"text of ftrace", "counter", 0, true};
  EXPECT_FALSE(resolve(*parse_moment("1s"), unknown));
}

TEST(Moment, IsShownAsATimeOfDay) {
  EXPECT_EQ(time_of_day((86'400ULL * 3 + 6 * 3600ULL + 34 * 60ULL + 8) * kSecond + 104'999'999),
            "06:34:08.104");
}

}  // namespace
}  // namespace wakepath::analysis
