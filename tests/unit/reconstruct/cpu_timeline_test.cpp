// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/cpu_timeline.hpp"

#include <string>

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
  timeline.visit(begin_ns, end_ns, [&](const CpuTimeline::Span& span) {
    text +=
        fmt::format("{}-{} {}; ", span.begin_ns, span.end_ns,
                    span.holder.kind == Holder::Kind::unknown ? std::string("?")
                                                              : fmt::format("{}", span.holder.tid));
  });
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

}  // namespace wakepath::reconstruct
