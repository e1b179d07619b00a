// SPDX-License-Identifier: GPL-2.0-or-later
// The reader of scenarios refuses unknown words and fields: with a misspelt field a test would test
// something else.
#include "support/scenario.hpp"

#include <string>

#include <gtest/gtest.h>

namespace wakepath::testing {

TEST(ScenarioReader, RefusesWhatItDoesNotKnowAndNamesTheLine) {
  for (const char* line : {"host kernal=6.1",
                           "hots kernel=6.1",
                           "5 0 idle sched_swtich",
                           "5 0 idle sched_switch nxet=idle",
                           "5 0 nobody sched_switch",
                           "5 0 idle sched_switch state=Q",
                           "5 0 idle softirq_raise vector=NETRX",
                           "5 0 idle sched_waking task=7 context=hard",
                           "5 0 idle irq_handler_entry",
                           "five 0 idle cpu_idle",
                           "5 0 idle",
                           "5 0 idle cpu_idle now",
                           "lost cpu=1",
                           "tick",
                           "thread a 96 \"CPU 0",
                           "5 x idle cpu_idle",
                           "tick 1__x",
                           "irq 57",
                           "irq 57 eth1-rx-1 devise=eth1",
                           "irq 57 eth1-rx-1 managed=maybe"}) {
    const auto scenario = Scenario::parse("# a comment\n\n" + std::string(line));
    ASSERT_FALSE(scenario) << line;
    EXPECT_EQ(scenario.error().message.substr(0, 7), "line 3:") << line;
  }
}

TEST(ScenarioReader, MakesTheStreamThatTheRingsWouldHaveMade) {
  const auto scenario = Scenario::parse(
      "2_000_000 1 idle cpu_idle\n"
      "2_100_000 0 idle cpu_idle\n"
      "tick 3_000_000\n"
      "lost cpu=1 count=2\n"
      "4_000_000 1 idle cpu_idle\n");
  ASSERT_TRUE(scenario) << scenario.error().message;
  std::string order;
  for (const RecordBytes& bytes : scenario->records()) {
    const auto record = RecordView::at(bytes);
    ASSERT_TRUE(record);
    if (record->type() == WP_RECORD_TICK) {
      order += "tick " + std::to_string(load<wp_tick>(record->bytes()).time_ns / 1'000) + " ";
    } else if (record->type() == WP_RECORD_BATCH) {
      const auto batch = load<wp_batch>(record->bytes());
      order += "cpu " + std::to_string(batch.cpu) + " failed " + std::to_string(batch.failed) + " ";
    }
  }
  EXPECT_EQ(
      order,
      "tick 1000 tick 3000 cpu 0 failed 0 cpu 1 failed 0 tick 5000 cpu 1 failed 2 tick 5000 ");
}

}  // namespace wakepath::testing
