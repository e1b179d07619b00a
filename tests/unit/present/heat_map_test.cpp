// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/heat_map.hpp"

#include "present/chains.hpp"
#include "present/likeness.hpp"
#include "present/page_text.hpp"

namespace wakepath::present {
namespace {

// Twenty milliseconds of 31us, and a slow spell of up to 1.5ms.
Summary with_a_slow_spell() {
  Summary summary;
  summary.spread = {{20'000, 50'000, 1'240}, {500'000, 1'000'000, 100}};
  summary.ranking = {testing::latency("guest", 0, "vcpu", "total", 1'340, 30'000)};
  constexpr std::size_t kParts = 40;
  constexpr std::uint64_t kPart = 500'000;
  for (std::size_t i = 0; i < kParts; ++i) {
    WorstOfTime part{i * kPart, (i + 1) * kPart, 31, 31'000, {}};
    part.by_latency[heat_row_of(31'000)] = i == 3 ? 1'000 : i == 5 ? 0 : i % 10 == 0 ? 9 : 31;
    if (i >= 30 && i < 34) {
      part.by_latency[heat_row_of(700'000)] = 25 * (i - 29);
      part.by_latency[heat_row_of(1'500'000)] = i - 30;
    }
    summary.course.push_back(part);
  }
  return summary;
}

std::string course_text(const TextOptions& options) {
  fmt::memory_buffer out;
  append_course(with_a_slow_spell(), options, out);
  return {out.data(), out.size()};
}

std::string map_of(const TextOptions& options) {
  const std::string text = course_text(options);
  const std::size_t at = text.find("LATENCY BY TIME");
  return at == std::string::npos ? std::string() : text.substr(at);
}

constexpr std::string_view kMap = R"(LATENCY BY TIME (wakes a cell  ░1+ ▒10+ ▓100+ █1000+)
   1ms                                ░░░             6
 500us                               ▒▒▒▓           250
 250us                                                0
 125us                                                0
  64us                                                0
  32us                                                0
  16us ░▒▒█▒ ▒▒▒▒░▒▒▒▒▒▒▒▒▒░▒▒▒▒▒▒▒▒▒░▒▒▒▒▒▒▒▒▒    2090
       0                                 20.0ms
)";

}  // namespace

TEST(HeatMap, StandsOnTheFirstPageWhereThereIsRoom) {
  TextOptions options;
  EXPECT_EQ(map_of(options), "") << "a page of 80 columns is full";
  options.width = 119;
  EXPECT_EQ(map_of(options), "");
  options.width = 120;
  EXPECT_EQ(map_of(options), kMap);
}

TEST(HeatMap, StandsInEightyColumnsWhereItIsAskedFor) {
  TextOptions options;
  options.heat_map = true;
  EXPECT_EQ(map_of(options), kMap);
  options.histogram = true;
  EXPECT_EQ(map_of(options), kMap);
}

TEST(HeatMap, TheLongestLatenciesAreWhatMatters) {
  HeatMap map;
  EXPECT_TRUE(map.rows().empty());
  map.columns.resize(2);
  EXPECT_TRUE(map.rows().empty());
  map.columns[0][heat_row_of(3'000)] = 1;
  map.columns[1][heat_row_of(300'000'000)] = 1;
  EXPECT_EQ(map.rows().first, heat_row_of(3'000));
  EXPECT_EQ(map.rows().end, heat_row_of(300'000'000) + 1);
  EXPECT_EQ(map.rows(4).first, heat_row_of(300'000'000) - 3);
  EXPECT_EQ(map.rows(4).end, heat_row_of(300'000'000) + 1);
}

TEST(HeatMap, NamesItsRowsAndShades) {
  EXPECT_EQ(heat_label(0), "0");
  EXPECT_EQ(heat_label(heat_row_of(130'000)), "125us");
  EXPECT_EQ(heat_label(kHeatRows - 1), "1s");
  EXPECT_EQ(heat_shade(0), " ");
  EXPECT_EQ(heat_shade(9), "░");
  EXPECT_EQ(heat_shade(10), "▒");
  EXPECT_EQ(heat_shade(999), "▓");
  EXPECT_EQ(heat_shade(1'000), "█");
}

TEST(Likeness, HasALetterForEachGlyphOfTheMap) {
  EXPECT_EQ(as_ascii(kMap), R"(LATENCY BY TIME (wakes a cell  .1+ :10+ %100+ #1000+)
   1ms                                ...             6
 500us                               :::%           250
 250us                                                0
 125us                                                0
  64us                                                0
  32us                                                0
  16us .::#: ::::.:::::::::.:::::::::.:::::::::    2090
       0                                 20.0ms
)");
}

TEST(Likeness, KeepsColumnsAndCodes) {
  EXPECT_EQ(as_ascii("\x1b[1mHEAD\x1b[0m\n██▍ a…b\n"), "\x1b[1mHEAD\x1b[0m\n##- a~b\n");
  EXPECT_EQ(as_ascii("漢é"), "???");
  EXPECT_EQ(as_ascii("\xff"), "?");
}

}  // namespace wakepath::present
