// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/side_records.hpp"

#include <string>

#include <gtest/gtest.h>

namespace wakepath::capture {
namespace {

struct Offered {
  wp_batch batch{};
  wp_event event{};
};

Offered side(std::uint64_t time_ns) {
  Offered one;
  one.batch.record = {WP_RECORD_BATCH, 1, sizeof(Offered)};
  one.event = {time_ns, WP_EVENT_SWITCH, 0, sizeof(wp_event), 0};
  return one;
}

class SideRecordsTest : public ::testing::Test {
 protected:
  void add(std::uint64_t time_ns) {
    const Offered one = side(time_ns);
    records.add(*RecordView::at(std::as_bytes(std::span(&one, 1))));
  }

  void weave(const std::vector<std::uint64_t>& times) {
    std::vector<wp_event> events;
    for (const std::uint64_t time : times) {
      events.push_back({time, WP_EVENT_SWITCH, 0, sizeof(wp_event), 0});
    }
    const EventSpan span{std::as_bytes(std::span(events)),
                         static_cast<std::uint16_t>(events.size()), 3};
    ASSERT_TRUE(records.weave(span, take_record, take_events));
  }

  SideRecords records;
  std::string said;  // "side" records in round brackets, spans in square ones
  SideRecords::TakeRecord take_record = [this](RecordView view) -> Result<void> {
    said += "(" + std::to_string(load<wp_event>(view.bytes(), sizeof(wp_batch)).time_ns) + ")";
    return {};
  };
  SideRecords::TakeSpan take_events = [this](const EventSpan& span) -> Result<void> {
    EXPECT_EQ(span.failed, 3U);
    EXPECT_EQ(span.bytes.size(), span.count * sizeof(wp_event));
    said += "[";
    for (std::uint16_t i = 0; i < span.count; ++i) {
      said += std::to_string(load<wp_event>(span.bytes, i * sizeof(wp_event)).time_ns) + " ";
    }
    said += "]";
    return {};
  };
};

TEST_F(SideRecordsTest, SpansStayWholeWithoutThem) {
  weave({1, 2, 3});
  EXPECT_EQ(said, "[1 2 3 ]");
}

TEST_F(SideRecordsTest, EachComesBeforeTheFirstYoungerEvent) {
  add(5);
  add(25);
  add(26);
  add(99);
  weave({10, 20, 30, 40});
  weave({50});
  EXPECT_EQ(said, "(5)[10 20 ](25)(26)[30 40 ][50 ]");
  ASSERT_TRUE(records.flush(take_record));
  EXPECT_EQ(said, "(5)[10 20 ](25)(26)[30 40 ][50 ](99)");
}

TEST_F(SideRecordsTest, OfOneTimeTheEventComesFirst) {
  add(10);
  weave({10, 20});
  EXPECT_EQ(said, "[10 ](10)[20 ]");
}

}  // namespace
}  // namespace wakepath::capture
