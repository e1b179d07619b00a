// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/batch_joiner.hpp"

#include <gtest/gtest.h>

#include "record/decoder.hpp"

namespace wakepath::record {
namespace {

struct Kept final : RecordSink {
  std::vector<record::Batch> batches;

  Result<void> record(RecordView view) override {
    record::Batch batch;
    EXPECT_TRUE(record::decode_batch(view, batch));
    EXPECT_FALSE(batch.malformed);
    batches.push_back(batch);
    return {};
  }
};

struct One {
  wp_batch batch{};
  wp_event event{};
  wp_vector data{};
};

One one(std::uint64_t time_ns, std::uint32_t cpu = 0, std::uint64_t failed = 0,
        std::uint32_t flags = 0) {
  One record;
  record.batch.record = {WP_RECORD_BATCH, 1, sizeof(One)};
  record.batch.cpu = cpu;
  record.batch.flags = flags;
  record.batch.failed = failed;
  record.event.time_ns = time_ns;
  record.event.kind = WP_EVENT_VECTOR_ENTRY;
  record.event.size = sizeof(wp_event) + sizeof(wp_vector);
  return record;
}

void add(BatchJoiner& joiner, const One& record, std::uint64_t number, Kept& kept) {
  const auto view = RecordView::at(std::as_bytes(std::span(&record, 1)));
  ASSERT_TRUE(joiner.add(view.value(), number, kept));
}

TEST(BatchJoiner, JoinsWhatFollowsInOneRing) {
  BatchJoiner joiner;
  Kept kept;
  add(joiner, one(10), 7, kept);
  add(joiner, one(20), 8, kept);
  EXPECT_TRUE(kept.batches.empty());
  ASSERT_TRUE(joiner.flush(kept));
  ASSERT_TRUE(joiner.flush(kept));
  ASSERT_EQ(kept.batches.size(), 1U);
  EXPECT_EQ(kept.batches[0].number, 7U);
  EXPECT_EQ(kept.batches[0].declared, 2U);
  EXPECT_EQ(kept.batches[0].events[0].time_ns, 10U);
  EXPECT_EQ(kept.batches[0].events[1].time_ns, 20U);
}

TEST(BatchJoiner, ALossACpuOrANameBeginsAnew) {
  BatchJoiner joiner;
  Kept kept;
  add(joiner, one(10), 0, kept);
  add(joiner, one(20, 0, 3), 1, kept);
  add(joiner, one(30, 1, 3), 0, kept);
  add(joiner, one(40, 1, 3, WP_BATCH_NAMES), 1, kept);
  add(joiner, one(50, 1, 3), 2, kept);
  ASSERT_TRUE(joiner.flush(kept));
  ASSERT_EQ(kept.batches.size(), 5U);
  EXPECT_EQ(kept.batches[1].failed, 3U);
  EXPECT_EQ(kept.batches[4].number, 2U);
}

TEST(BatchJoiner, NoRecordGrowsWithoutEnd) {
  BatchJoiner joiner;
  Kept kept;
  for (std::uint64_t number = 0; number < 1000; ++number) {
    add(joiner, one(number), number, kept);
  }
  ASSERT_TRUE(joiner.flush(kept));
  EXPECT_GT(kept.batches.size(), 2U);
  std::uint32_t next = 0;
  for (const record::Batch& batch : kept.batches) {
    EXPECT_EQ(batch.number, next);
    next += batch.declared;
  }
  EXPECT_EQ(next, 1000U);
}

}  // namespace
}  // namespace wakepath::record
