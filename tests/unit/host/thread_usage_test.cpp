// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/thread_usage.hpp"

#include <gtest/gtest.h>

#include "tree.hpp"

namespace wakepath::host {
namespace {

using ThreadUsageTest = Tree;

constexpr const char* kStat =
    "96 (CPU 0/KVM) x) S 1 2 3 0 -1 4194560 1 0 0 0 150 70 0 0 20 0 3 0 4711 "
    "9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 120 0 1 1\n";

TEST_F(ThreadUsageTest, ReadsWhatTheKernelCounts) {
  put("proc/95/task/96/stat", kStat);
  put("proc/95/task/96/status",
      "Name:\tx\nvoluntary_ctxt_switches:\t42\nnonvoluntary_ctxt_switches:\t7\n");
  auto usage = read_thread_usage(root(), {.tgid = 95, .tid = 96});
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->user_ticks, 30U) << "the guest's time is counted as the user's too";
  EXPECT_EQ(usage->guest_ticks, 120U);
  EXPECT_EQ(usage->system_ticks, 70U);
  EXPECT_EQ(usage->blocked, 42U);
  EXPECT_EQ(usage->run_ns, std::nullopt);
  put("proc/95/task/96/schedstat", "123456789 1000 55\n");
  EXPECT_EQ(read_thread_usage(root(), {.tgid = 95, .tid = 96})->run_ns, 123456789U);
  EXPECT_EQ(read_thread_usage(root(), {.tgid = 95, .tid = 96})->wait_ns, 1000U);
}

TEST_F(ThreadUsageTest, SurvivesNonsense) {
  EXPECT_FALSE(read_thread_usage(root(), {.tgid = 95, .tid = 96}));
  for (const char* stat :
       {"", "96 (x", "96 (x)", "96 (x) S 1 2", "96 (x) S a b c d e f g h i j k l"}) {
    put("proc/95/task/96/stat", stat);
    put("proc/95/task/96/status", "\nvoluntary_ctxt_switches:\t42\n");
    EXPECT_FALSE(read_thread_usage(root(), {.tgid = 95, .tid = 96})) << stat;
  }
  put("proc/95/task/96/stat", kStat);
  for (const char* status : {"", "voluntary_ctxt_switches", "\nvoluntary_ctxt_switches:\tx\n"}) {
    put("proc/95/task/96/status", status);
    EXPECT_FALSE(read_thread_usage(root(), {.tgid = 95, .tid = 96})) << status;
  }
}

}  // namespace
}  // namespace wakepath::host
