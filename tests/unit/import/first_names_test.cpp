// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/first_names.hpp"

#include <gtest/gtest.h>

namespace wakepath::foreign {
namespace {

TraceEvent of(wp_event_kind kind, std::uint32_t tid, std::string_view comm) {
  TraceEvent event;
  event.kind = kind;
  event.tid = tid;
  event.comm = comm;
  return event;
}

TEST(FirstNames, AThreadThatWakesSomebodyIsNamedOnce) {
  FirstNames names;
  EXPECT_FALSE(names.look(of(WP_EVENT_IRQ_ENTRY, 7, "poller"))) << "it does nothing itself";
  const auto name = names.look(of(WP_EVENT_WAKING, 7, "poller"));
  ASSERT_TRUE(name);
  EXPECT_EQ(name->tid, 7U);
  EXPECT_EQ(name->name, "poller");
  EXPECT_FALSE(names.look(of(WP_EVENT_WORK_QUEUE, 7, "poller")));
}

TEST(FirstNames, ASwitchNamesItAlready) {
  FirstNames names;
  TraceEvent change = of(WP_EVENT_SWITCH, 3, "a");
  change.payload.sched_switch.next_tid = 7;
  EXPECT_FALSE(names.look(change));
  EXPECT_FALSE(names.look(of(WP_EVENT_WAKING, 7, "poller")));
}

TEST(FirstNames, AnEndedThreadsNumberIsNamedAnew) {
  FirstNames names;
  EXPECT_TRUE(names.look(of(WP_EVENT_WAKING, 7, "old")));
  TraceEvent exit = of(WP_EVENT_TASK_EXIT, 7, "old");
  exit.payload.task_exit.tid = 7;
  EXPECT_FALSE(names.look(exit));
  EXPECT_EQ(names.look(of(WP_EVENT_WAKING, 7, "new"))->name, "new");
}

TEST(FirstNames, NoNameIsNone) {
  FirstNames names;
  EXPECT_FALSE(names.look(of(WP_EVENT_WAKING, 7, "<...>")));
  EXPECT_FALSE(names.look(of(WP_EVENT_WAKING, 7, "")));
  EXPECT_FALSE(names.look(of(WP_EVENT_WAKING, 0, "swapper/0")));
  EXPECT_TRUE(names.look(of(WP_EVENT_WAKING, 7, "late")));
}

}  // namespace
}  // namespace wakepath::foreign
