// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/cpu_timeline.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace wakepath::reconstruct {

namespace {

Holder task(std::uint32_t tid) {
  Holder holder;
  holder.kind = Holder::Kind::task;
  holder.tid = tid;
  return holder;
}

std::string told(const CpuTimeline& timeline, std::uint64_t begin_ns, std::uint64_t end_ns) {
  std::string text;
  const auto tell = [&](const CpuTimeline::Span& span) {
    text +=
        fmt::format("{}-{} {}; ", span.begin_ns, span.end_ns,
                    span.holder.kind == Holder::Kind::unknown ? std::string("?")
                                                              : fmt::format("{}", span.holder.tid));
  };
  EXPECT_TRUE(timeline.visit(
      begin_ns, end_ns, [](std::uint64_t) { return true; }, tell));
  return text;
}

}  // namespace

TEST(CpuTimeline, TellsAllOfASpanWithoutGaps) {
  CpuTimeline timeline;
  timeline.set(100, task(1));
  timeline.set(200, task(2));
  timeline.set(300, task(3));
  EXPECT_EQ(told(timeline, 150, 250), "150-200 1; 200-250 2; ");
  EXPECT_EQ(told(timeline, 200, 300), "200-300 2; ");
  EXPECT_EQ(told(timeline, 250, 1000), "250-300 2; 300-1000 3; ");
  EXPECT_EQ(told(timeline, 250, 250), "");
}

TEST(CpuTimeline, TellsHowMuchItWouldTellAndNothingWhereThatIsNotAllowed) {
  CpuTimeline timeline;
  for (std::uint64_t number = 1; number <= 50; ++number) {
    timeline.set(100 * number, task(static_cast<std::uint32_t>(number)));
  }
  std::uint64_t told = 0;
  const auto refuse = [&told](std::uint64_t changes) {
    told = changes;
    return false;
  };
  std::size_t visited = 0;
  EXPECT_FALSE(
      timeline.visit(250, 4250, refuse, [&visited](const CpuTimeline::Span&) { ++visited; }));
  EXPECT_EQ(told, 41U);
  EXPECT_EQ(visited, 0U);
}

TEST(CpuTimeline, WhatCameBeforeIsThereAsUnknown) {
  CpuTimeline timeline;
  EXPECT_EQ(told(timeline, 10, 20), "10-20 ?; ");
  timeline.set(100, task(1));
  EXPECT_EQ(told(timeline, 10, 20), "10-20 ?; ");
  EXPECT_EQ(told(timeline, 50, 150), "50-100 ?; 100-150 1; ");
  EXPECT_EQ(timeline.at(99).kind, Holder::Kind::unknown);
  EXPECT_EQ(timeline.at(100).tid, 1U);
}

TEST(CpuTimeline, OfTwoAtTheSameTimeTheLastHoldsOn) {
  CpuTimeline timeline;
  timeline.set(100, task(1));
  timeline.set(200, task(2));
  timeline.set(200, task(3));
  EXPECT_EQ(told(timeline, 100, 300), "100-200 1; 200-300 3; ");
}

TEST(CpuTimeline, ForgetsTheOldestAndSaysSo) {
  CpuTimeline timeline;
  for (std::uint32_t i = 1; i <= 5000; ++i) {
    timeline.set(i * 10ULL, task(i));
  }
  EXPECT_TRUE(told(timeline, 100, 50'000).starts_with("100-")) << "nothing is left out";
  EXPECT_EQ(timeline.at(100).kind, Holder::Kind::unknown);
  EXPECT_EQ(timeline.at(50'000).tid, 5000U);
}

TEST(CpuTimeline, ATimeOfMoreDaysThanItRemembersIsUnknown) {
  constexpr std::uint64_t kDay = 86'400'000'000'000;
  CpuTimeline timeline;
  timeline.set(kDay, task(1));
  timeline.set(2 * kDay, task(2));
  timeline.set(54 * kDay, task(3));
  EXPECT_EQ(timeline.at(kDay + 1).kind, Holder::Kind::unknown);
  EXPECT_EQ(timeline.at(3 * kDay).tid, 2U);
  timeline.set(500'000 * kDay, task(4));
  EXPECT_EQ(timeline.at(55 * kDay).kind, Holder::Kind::unknown);
  EXPECT_EQ(timeline.at(500'000 * kDay).tid, 4U);
}

// Held against a timeline that is a plain list of all that was set.
TEST(CpuTimeline, AnyNumberOfHoldersComesAndGoes) {
  std::mt19937_64 random(1);
  CpuTimeline timeline;
  std::vector<std::pair<std::uint64_t, Holder>> all;
  std::uint64_t now = 1000;
  for (std::size_t i = 0; i < 40'000; ++i) {
    // Many different ones, then few, then as many as are remembered.
    const std::uint64_t kinds = i < 10'000 ? 3000 : i < 20'000 ? 5 : 1'000'000;
    Holder holder = task(static_cast<std::uint32_t>(random() % kinds));
    holder.hrtimer = random() % 2;
    if (random() % 8 == 0 && !all.empty()) {
      timeline.relabel(holder);
      all.back().second = holder;
      continue;
    }
    now += random() % 100;
    timeline.set(now, holder);
    if (all.empty() || all.back().second != holder) {
      all.emplace_back(now, holder);
    }
    const std::size_t kept = std::min<std::size_t>(all.size(), 4096);
    const auto& [at_ns, held] = all[all.size() - 1 - random() % kept];
    const auto after =
        std::ranges::upper_bound(all, at_ns, {}, [](const auto& c) { return c.first; });
    ASSERT_EQ(timeline.at(at_ns), std::prev(after)->second) << i;
  }
}

}  // namespace wakepath::reconstruct
