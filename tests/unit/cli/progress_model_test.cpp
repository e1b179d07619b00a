// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/progress_model.hpp"

#include <gtest/gtest.h>

#include "present/view.hpp"

namespace wakepath::cli {
namespace {

using namespace std::chrono_literals;
using Form = ProgressModel::Form;

WorkDone read_of(std::uint64_t done, std::optional<std::uint64_t> of) {
  WorkDone work;
  work.what = "host7.wkp";
  work.done = done;
  work.of = of;
  return work;
}

WorkDone capture(std::chrono::nanoseconds done, std::optional<std::chrono::nanoseconds> of) {
  WorkDone work;
  work.what = "capture";
  work.unit = WorkDone::Unit::nanoseconds;
  work.done = static_cast<std::uint64_t>(done.count());
  if (of) {
    work.of = static_cast<std::uint64_t>(of->count());
  }
  work.note = "1234 events, 0 lost";
  return work;
}

// Without what a terminal reads.
std::string bar(const WorkDone& work, std::chrono::nanoseconds now, std::size_t columns) {
  ProgressModel model(Form::bar);
  std::string text = model.update(work, now, columns);
  if (text.empty()) {
    return text;
  }
  EXPECT_TRUE(text.starts_with("\r") && text.ends_with("\x1b[K")) << text;
  return text.substr(1, text.size() - 4);
}

TEST(ProgressModel, DrawsABarWithRateAndRest) {
  EXPECT_EQ(bar(read_of(200'000'000, 800'000'000), 4s, 80),
            "host7.wkp  [=====>              ]   25%  12 s left  50.0 MB/s  200 MB of 800 MB");
  EXPECT_EQ(bar(read_of(200'000'000, 800'000'000), 4s, 200),
            "host7.wkp  [==========>                             ]   25%  12 s left  50.0 MB/s  "
            "200 MB of 800 MB");
  EXPECT_EQ(bar(read_of(800, 800), 2s, 80),
            "host7.wkp  [=========================]  100%  0 s left  400 B/s  800 B of 800 B");
  EXPECT_EQ(bar(capture(15s, 60s), 15s, 80),
            "capture  [=======>                      ]   25%  45 s left  1234 events, 0 lost");
}

TEST(ProgressModel, SaysHowLongItTookWhereNobodyKnowsTheRest) {
  EXPECT_EQ(bar(read_of(200'000'000, {}), 4s, 80), "host7.wkp  4 s  50.0 MB/s  200 MB");
  EXPECT_EQ(bar(read_of(0, {}), 65s, 80), "host7.wkp  1 min 05 s");
  EXPECT_EQ(bar(read_of(0, 800), 3s, 80),
            "host7.wkp  [>                                       ]    0%  3 s");
  EXPECT_EQ(bar(capture(15s, {}), 15s, 80), "capture  15 s  1234 events, 0 lost");
  // The file grows: somebody still writes it.
  EXPECT_EQ(bar(read_of(900'000, 800'000), 2s, 80), "host7.wkp  2 s  450 kB/s  900 kB");
}

TEST(ProgressModel, LeavesPartsOutOnANarrowTerminal) {
  const WorkDone work = read_of(200'000'000, 800'000'000);
  EXPECT_EQ(bar(work, 4s, 60), "host7.wkp   25%  12 s left  50.0 MB/s  200 MB of 800 MB");
  EXPECT_EQ(bar(work, 4s, 45), " 25%  12 s left  50.0 MB/s  200 MB of 800 MB");
  EXPECT_EQ(bar(work, 4s, 40), "host7.wkp   25%  12 s left  50.0 MB/s");
  EXPECT_EQ(bar(work, 4s, 16), " 25%  12 s left");
  EXPECT_EQ(bar(work, 4s, 15), "host7.w…   25%");
  EXPECT_EQ(bar(work, 4s, 13), " 25%");
  EXPECT_EQ(bar(work, 4s, 4), "");
  EXPECT_EQ(bar(work, 4s, 0), "");
  for (std::size_t columns = 0; columns < 300; ++columns) {
    for (const WorkDone& one : {work, capture(15s, 60s), read_of(1, {}), read_of(0, {})}) {
      const std::size_t taken = present::columns_of(bar(one, 4s, columns));
      EXPECT_TRUE(taken == 0 || taken < columns) << columns;
    }
  }
}

TEST(ProgressModel, ShortensAndEscapesTheName) {
  WorkDone work = read_of(200'000'000, 800'000'000);
  work.what = "\x1b[31m\n" + std::string(300, 'x');
  const std::string text = bar(work, 4s, 80);
  EXPECT_TRUE(text.starts_with("\\x1b[31m\\x0axx")) << text;
  EXPECT_LT(present::columns_of(text), 80U);
  EXPECT_NE(text.find("x…  [==>       ]"), std::string::npos) << text;
}

TEST(ProgressModel, TellsNothingInTheFirstSecondAndThenAtItsPace) {
  ProgressModel model(Form::bar);
  EXPECT_EQ(model.due(), 1s);
  EXPECT_EQ(model.update(read_of(1, 10), 999ms, 80), "");
  EXPECT_EQ(model.wipe(), "");
  EXPECT_NE(model.update(read_of(1, 10), 1s, 80), "");
  EXPECT_EQ(model.due(), 1200ms);
  EXPECT_EQ(model.update(read_of(2, 10), 1199ms, 80), "");
  EXPECT_NE(model.update(read_of(2, 10), 1200ms, 80), "");
}

TEST(ProgressModel, WipesABarThatStandsThere) {
  ProgressModel model(Form::bar);
  EXPECT_NE(model.update(read_of(1, 10), 1s, 80), "");
  EXPECT_EQ(model.wipe(), "\r\x1b[K");
  EXPECT_EQ(model.wipe(), "");
  EXPECT_EQ(model.end(read_of(10, 10), 2s), "");
}

TEST(ProgressModel, TakesTheRateOfTheLastSeconds) {
  ProgressModel model(Form::bar);
  std::string text;
  for (std::uint64_t second = 1; second <= 60; ++second) {
    // Ten seconds of 1 MB/s, then 100 kB/s.
    const std::uint64_t done =
        second <= 10 ? second * 1'000'000 : 10'000'000 + (second - 10) * 100'000;
    text = model.update(read_of(done, 20'000'000), std::chrono::seconds(second), 80);
  }
  EXPECT_NE(text.find("75%  50 s left  100 kB/s  15.0 MB of 20.0 MB"), std::string::npos) << text;
}

TEST(ProgressModel, TellsALogNowAndThen) {
  ProgressModel model(Form::lines);
  std::vector<std::string> lines;
  const auto at = [&](std::uint64_t percent, std::chrono::nanoseconds now) {
    if (std::string line = model.update(read_of(percent * 8'000'000, 800'000'000), now, 80);
        !line.empty()) {
      lines.push_back(std::move(line));
    }
  };
  at(1, 500ms);
  at(2, 1s);       // no tenth, and not long enough
  at(10, 1500ms);  // too close to the look before
  at(12, 2s);
  at(13, 11s);
  at(14, 12s);
  at(50, 20s);
  EXPECT_EQ(lines,
            (std::vector<std::string>{"host7.wkp: 12%, 96.0 MB of 800 MB, 48.0 MB/s, 14 s left",
                                      "host7.wkp: 14%, 112 MB of 800 MB, 9.3 MB/s, 1 min 13 s left",
                                      "host7.wkp: 50%, 400 MB of 800 MB, 16.9 MB/s, 23 s left"}));
  EXPECT_EQ(model.wipe(), "");
  EXPECT_EQ(model.end(read_of(800'000'000, 800'000'000), 40s),
            "host7.wkp: 800 MB read, 20.0 MB/s, in 40 s");
}

TEST(ProgressModel, TellsALogWithoutASizeByTime) {
  ProgressModel model(Form::lines);
  EXPECT_EQ(model.update(read_of(5'000, {}), 9s, 80), "");
  EXPECT_EQ(model.update(read_of(50'000, {}), 10s, 80), "host7.wkp: 50.0 kB read, 5.0 kB/s, 10 s");
  ProgressModel here(Form::lines);
  EXPECT_EQ(here.update(capture(15s, 60s), 15s, 80),
            "capture: 25%, 1234 events, 0 lost, 45 s left");
  EXPECT_EQ(here.end(capture(60s, 60s), 60s), "capture: 1234 events, 0 lost, in 1 min 00 s");
}

TEST(ProgressModel, SaysNoEndOfWhatItNeverTold) {
  ProgressModel model(Form::lines);
  EXPECT_EQ(model.update(read_of(1, 100), 900ms, 80), "");
  EXPECT_EQ(model.end(read_of(100, 100), 1s), "");
  ProgressModel none(Form::none);
  EXPECT_EQ(none.update(read_of(50, 100), 1h, 80), "");
  EXPECT_EQ(none.end(read_of(100, 100), 2h), "");
}

TEST(ProgressModel, WritesLongTimes) {
  EXPECT_EQ(bar(read_of(1'000'000, 3'601'000'000), 1s, 80),
            "host7.wkp  [>              ]    0%  1 h 00 min left  1.0 MB/s  1.0 MB of 3.6 GB");
}

}  // namespace
}  // namespace wakepath::cli
