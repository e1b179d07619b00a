// SPDX-License-Identifier: GPL-2.0-or-later
// What is written to a stream is what is read from it: events of each kind, ticks, guest reports.
#include <array>
#include <cstring>

#include "record/batch_joiner.hpp"
#include "record/decoder.hpp"
#include "record/event_bytes.hpp"
#include "record/event_table.hpp"
#include "record/tick_writer.hpp"
#include "record_bytes.hpp"

namespace wakepath::record::testing {

struct Kept final : RecordSink {
  std::vector<RawBytes> records;
  Result<void> record(RecordView view) override {
    records.emplace_back(view.bytes().begin(), view.bytes().end());
    return {};
  }
};

TEST(RoundTrip, AnEventOfEachKind) {
  for (const EventRow& row : kEventTable) {
    if (!row.is_event()) {
      continue;
    }
    Event event{};
    event.time_ns = 1'000;
    event.cpu = 3;
    event.tid = 96;
    event.kind = row.kind;
    event.context = WP_CONTEXT_KNOWN;
    std::memset(&event.payload, 0, sizeof(event.payload));
    std::memset(&event.payload, 0x5a, row.payload_bytes);
    RawBytes bytes;
    append_event(event, bytes);
    EXPECT_EQ(bytes.size(), sizeof(wp_event) + row.payload_bytes) << row.name;

    Kept kept;
    BatchJoiner joiner;
    wp_batch head{};
    head.record.count = 1;
    head.cpu = 3;
    head.failed = 7;
    ASSERT_TRUE(joiner.add(head, bytes, 42, kept));
    ASSERT_TRUE(joiner.flush(kept));
    ASSERT_EQ(kept.records.size(), 1U);
    Batch batch;
    ASSERT_TRUE(decode_batch(view(kept.records[0]), batch));
    EXPECT_EQ(batch.cpu, 3U);
    EXPECT_EQ(batch.failed, 7U);
    EXPECT_EQ(batch.number, 42U);
    ASSERT_EQ(batch.events.size(), 1U) << row.name;
    const Event& back = batch.events[0];
    EXPECT_EQ(back.time_ns, event.time_ns);
    EXPECT_EQ(back.cpu, event.cpu);
    EXPECT_EQ(back.tid, event.tid);
    EXPECT_EQ(back.kind, event.kind);
    EXPECT_EQ(back.context, event.context);
    const auto bytes_of = [](const Event& one) {
      std::array<std::byte, sizeof(Event::Payload)> payload{};
      std::memcpy(payload.data(), &one.payload, payload.size());
      return payload;
    };
    EXPECT_EQ(bytes_of(back), bytes_of(event)) << row.name;
  }
}

TEST(RoundTrip, Ticks) {
  Kept kept;
  TickWriter writer(2);
  ASSERT_TRUE(writer.write_first(100, kept));
  const auto totals = [](std::uint32_t cpu) { return wp_tick_cpu{cpu, 1, cpu * 10ULL, 2, 3}; };
  ASSERT_TRUE(writer.write(200, 5, totals, WP_TICK_ALL | WP_TICK_LAST, kept));
  ASSERT_EQ(kept.records.size(), 2U);
  const auto tick = decode_tick(view(kept.records[1]));
  ASSERT_TRUE(tick);
  EXPECT_EQ(tick->time_ns, 200U);
  EXPECT_EQ(tick->missed, 5U);
  EXPECT_EQ(tick->flags, WP_TICK_ALL | WP_TICK_LAST);
  EXPECT_EQ(tick->number, 2U);
  ASSERT_EQ(tick->cpus.size(), 2U);
  EXPECT_EQ(tick->cpus[1].cpu, 1U);
  EXPECT_EQ(tick->cpus[1].handed, 1U);
  EXPECT_EQ(tick->cpus[1].written, 10U);
  EXPECT_EQ(tick->cpus[1].failed, 2U);
  EXPECT_EQ(tick->cpus[1].skipped, 3U);
}

TEST(RoundTrip, GuestReports) {
  wp_guest_report report{};
  report.time_ns = 1;
  report.tid = 2;
  report.vcpu = 3;
  report.sequence = 4;
  report.deadline_ticks = 5;
  report.now_ticks = 6;
  report.now_ns = 7;
  report.flags = WP_REPORT_DEADLINE | WP_REPORT_NOW;
  const RawBytes bytes = encode(report);
  const auto back = decode_guest_report(view(bytes));
  ASSERT_TRUE(back);
  report.record = {WP_RECORD_GUEST_REPORT, 0, sizeof(report)};
  EXPECT_EQ(std::memcmp(&*back, &report, sizeof(report)), 0);
}

}  // namespace wakepath::record::testing
