// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/event_ring.hpp"

#include <cstring>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace wakepath::capture {
namespace {

constexpr std::size_t kBytes = std::size_t{4} * WP_CHUNK_BYTES;

// Memory that stands for the map, and what a program does with it.
class Producer {
 public:
  Producer()
      : counters_(std::make_unique<wp_cpu_counters>()),
        chunks_(kBytes / WP_CHUNK_BYTES),
        ring_(chunks_.data(), kBytes, counters_.get()) {}

  EventRing& ring() { return ring_; }
  wp_cpu_counters& counters() { return *counters_; }

  // False: no room.
  bool put(std::uint64_t time_ns, std::uint16_t payload, std::uint8_t kind = WP_EVENT_SWITCH,
           std::uint64_t first_word = 0) {
    const auto size = static_cast<std::uint16_t>(sizeof(wp_event) + payload);
    wp_cpu_counters& mine = *counters_;
    if (mine.head + size > mine.limit) {
      return false;
    }
    const wp_event event{time_ns, kind, 0, size, 0};
    const std::size_t index = mine.head / WP_CHUNK_BYTES & mine.chunk_mask;
    __u8* to = chunks_[index].bytes + mine.head % WP_CHUNK_BYTES;
    std::memcpy(to, &event, sizeof(event));
    std::memcpy(to + sizeof(event), &first_word, sizeof(first_word));
    mine.head += size;
    return true;
  }

 private:
  std::unique_ptr<wp_cpu_counters> counters_;
  std::vector<wp_chunk> chunks_;
  EventRing ring_;
};

struct Taken {
  std::vector<std::uint64_t> times;
  std::vector<std::uint64_t> failed;  // of each span
};

bool drain(EventRing& ring, Taken& taken, std::size_t budget = SIZE_MAX) {
  const auto more = ring.drain(ring.head(), budget, [&](const EventSpan& span) -> Result<void> {
    taken.failed.push_back(span.failed);
    std::size_t at = 0;
    for (std::uint16_t i = 0; i < span.count; ++i) {
      const auto event = load<wp_event>(span.bytes, at);
      taken.times.push_back(event.time_ns);
      at += event.size;
    }
    EXPECT_EQ(at, span.bytes.size());
    return {};
  });
  return more.value();
}

TEST(EventRing, GivesAllInOrderManyTimesRound) {
  Producer producer;
  Taken taken;
  std::uint64_t time = 0;
  for (int round = 0; round < 200; ++round) {
    for (std::uint16_t i = 0; i < 37; ++i) {
      // Sizes that never divide a chunk: each one's last event uses the spill.
      ++time;
      ASSERT_TRUE(producer.put(time, static_cast<std::uint16_t>(8 + 8 * (time % 11))));
    }
    EXPECT_FALSE(drain(producer.ring(), taken));
  }
  EXPECT_GT(producer.counters().head, 10 * kBytes);
  ASSERT_EQ(taken.times.size(), time);
  for (std::size_t i = 0; i < taken.times.size(); ++i) {
    ASSERT_EQ(taken.times[i], i + 1);
  }
}

TEST(EventRing, IsFullAtItsSizeAndHasRoomAgain) {
  Producer producer;
  std::uint64_t stored = 0;
  while (producer.put(stored + 1, 8)) {
    ++stored;
  }
  EXPECT_EQ(stored, kBytes / 24);
  Taken taken;
  EXPECT_TRUE(drain(producer.ring(), taken, 1));
  EXPECT_EQ(taken.times.size(), WP_CHUNK_BYTES / 24 + 1) << "a chunk at a time";
  EXPECT_TRUE(producer.put(stored + 1, 8));
  EXPECT_FALSE(drain(producer.ring(), taken));
  EXPECT_EQ(taken.times.size(), stored + 1);
}

TEST(EventRing, TellsWhereEventsFailed) {
  Producer producer;
  EXPECT_TRUE(producer.put(1, 8));
  EXPECT_TRUE(producer.put(2, 8, WP_EVENT_FAILED, 5));
  EXPECT_TRUE(producer.put(3, 8));
  EXPECT_TRUE(producer.put(4, 8, WP_EVENT_FAILED, 7));
  EXPECT_TRUE(producer.put(5, 8));
  Taken taken;
  EXPECT_FALSE(drain(producer.ring(), taken));
  EXPECT_EQ(taken.times, (std::vector<std::uint64_t>{1, 3, 5}));
  EXPECT_EQ(taken.failed, (std::vector<std::uint64_t>{0, 5, 7}));
  EXPECT_TRUE(producer.put(6, 8));
  EXPECT_FALSE(drain(producer.ring(), taken));
  EXPECT_EQ(taken.failed.back(), 7U);
}

}  // namespace
}  // namespace wakepath::capture
