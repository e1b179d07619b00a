// SPDX-License-Identifier: GPL-2.0-or-later
#include "order/cpu_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace wakepath::order {
namespace {

// `tid` tells in which order they came.
std::vector<Event> events_at(const std::vector<std::uint64_t>& times) {
  std::vector<Event> events;
  for (const std::uint64_t time : times) {
    Event event{};
    event.time_ns = time;
    event.tid = static_cast<std::uint32_t>(events.size());
    events.push_back(event);
  }
  return events;
}

void expect_in_order(const std::vector<std::uint64_t>& times) {
  CpuQueue queue;
  std::vector<Event> expected = events_at(times);
  for (const Event& event : expected) {
    queue.push(event);
  }
  std::ranges::stable_sort(expected, {}, &Event::time_ns);
  const std::uint64_t middle = expected[expected.size() / 2].time_ns;
  std::vector<Event> told;
  for (const std::uint64_t watermark : {middle, UINT64_MAX}) {
    const auto older = queue.older_than(watermark);
    told.insert(told.end(), older.begin(), older.end());
    queue.drop();
  }
  ASSERT_EQ(told.size(), expected.size());
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i].time_ns, expected[i].time_ns) << i;
    EXPECT_EQ(told[i].tid, expected[i].tid) << i;
  }
}

TEST(CpuQueue, AnInterruptedOneIsPutWhereItBelongs) { expect_in_order({10, 20, 50, 15, 15, 60}); }

TEST(CpuQueue, AnyOrderIsPutInOrder) {
  std::mt19937 random(2);
  for (const std::size_t size : {2U, 63U, 64U, 65U, 66U, 1000U}) {
    std::vector<std::uint64_t> times(size);
    for (std::uint64_t& time : times) {
      time = random() % (2 * size);
    }
    expect_in_order(times);
    std::ranges::sort(times);
    times.push_back(times.front());
    expect_in_order(times);  // the last is as far off as can be
    std::ranges::reverse(times);
    expect_in_order(times);
  }
}

TEST(CpuQueue, WhatComesAfterATellingIsInOrderWithWhatIsLeft) {
  CpuQueue queue;
  for (const Event& event : events_at({10, 30, 20})) {
    queue.push(event);
  }
  EXPECT_EQ(queue.older_than(15).size(), 1U);
  queue.drop();
  queue.push(events_at({25})[0]);
  const auto rest = queue.older_than(UINT64_MAX);
  ASSERT_EQ(rest.size(), 3U);
  EXPECT_EQ(rest[1].time_ns, 25U);
}

}  // namespace
}  // namespace wakepath::order
