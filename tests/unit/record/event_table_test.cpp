// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/event_table.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace wakepath::record {
namespace {

TEST(EventTable, NumbersOfTheStreamStay) {
  const std::pair<int, const char*> stream[] = {{1, "irq_handler_entry"},
                                                {5, "ipi_raise"},
                                                {9, "hrtimer_start"},
                                                {14, "softirq_exit"},
                                                {21, "sched_waking"},
                                                {26, "cpu_idle"},
                                                {27, "kvm_entry"},
                                                {31, "kvm_timer_save_state"},
                                                {34, "vcpu"},
                                                {37, "signal_generate"},
                                                {39, "kvm_vcpu_kick"}};
  for (const auto& [number, name] : stream) {
    EXPECT_STREQ(event_name(static_cast<wp_event_kind>(number)), name);
  }
}

TEST(EventTable, NamesAreUnique) {
  std::set<std::string> names;
  for (const EventRow& row : kEventTable) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
}

TEST(EventTable, ANumberThatIsNotKnownIsNoEvent) {
  for (const std::size_t kind : {std::size_t{0}, std::size_t{WP_EVENT_KINDS}, std::size_t{255}}) {
    EXPECT_FALSE(event_row(kind).is_event());
    EXPECT_STREQ(event_row(kind).name, "unknown");
  }
}

TEST(EventTable, RetiredEventsAreReadButNotCaptured) {
  EXPECT_TRUE(event_row(WP_EVENT_IPI_RAISE).is_event());
  EXPECT_FALSE(event_row(WP_EVENT_IPI_RAISE).is_captured());
  EXPECT_FALSE(event_row(WP_EVENT_VCPU).is_event());
}

}  // namespace
}  // namespace wakepath::record
