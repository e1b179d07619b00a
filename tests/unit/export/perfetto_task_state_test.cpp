// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/perfetto_task_state.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace wakepath::exports::perfetto {
namespace {

wp_switch left_in(std::uint32_t state) {
  wp_switch change{};
  change.prev_state = state;
  return change;
}

wp_switch preempted_in(std::uint32_t state) {
  wp_switch change = left_in(state);
  change.preempt = 1;
  return change;
}

// trace_processor reads a letter for each bit: v58.2, src/trace_processor/types/task_state.cc.
std::string letters(std::uint32_t reported, const std::vector<std::pair<std::uint32_t, char>>& of) {
  std::string text;
  for (const auto& [bit, letter] : of) {
    if ((reported & bit) != 0) {
      text += letter;
      reported &= ~bit;
    }
  }
  return reported != 0 ? "?" : text.empty() ? "R" : text;
}

std::string since_4_14(std::uint32_t reported) {
  return letters(reported, {{0x1, 'S'},
                            {0x2, 'D'},
                            {0x4, 'T'},
                            {0x8, 't'},
                            {0x10, 'X'},
                            {0x20, 'Z'},
                            {0x40, 'P'},
                            {0x80, 'I'},
                            {0x100, '+'}});
}

std::string of_4_4(std::uint32_t reported) {
  return reported == 0x402 ? "I"
                           : letters(reported, {{0x1, 'S'},
                                                {0x2, 'D'},
                                                {0x4, 'T'},
                                                {0x8, 't'},
                                                {0x10, 'X'},
                                                {0x20, 'Z'},
                                                {0x40, 'x'},
                                                {0x80, 'K'},
                                                {0x100, 'W'},
                                                {0x200, 'P'},
                                                {0x400, 'N'},
                                                {0x800, '+'}});
}

struct Case {
  std::uint32_t state;
  const char* letters;
};

// What include/linux/sched.h of Linux 6.18 has, and what the kernel's own text says of it.
constexpr Case kCases[] = {
    {0x0, "R"},                    // TASK_RUNNING
    {0x1, "S"},                    // TASK_INTERRUPTIBLE
    {0x2, "D"},                    // TASK_UNINTERRUPTIBLE
    {0x102, "D"},                  // TASK_KILLABLE
    {0x4, "T"},    {0x104, "T"},   // __TASK_STOPPED, TASK_STOPPED
    {0x8, "t"},    {0x108, "t"},   // TASK_TRACED, before 5.19 too
    {0x10, "X"},   {0x20, "Z"},    // EXIT_DEAD, EXIT_ZOMBIE
    {0x40, "P"},                   // TASK_PARKED
    {0x80, "X"},                   // TASK_DEAD
    {0x100, "R"},  {0x200, "R"},   // TASK_WAKEKILL, TASK_WAKING
    {0x400, "R"},  {0x800, "R"},   // TASK_NOLOAD, TASK_NEW
    {0x402, "I"},                  // TASK_IDLE
    {0x1000, "D"},                 // TASK_RTLOCK_WAIT
    {0x2001, "S"}, {0x2002, "D"},  // TASK_FREEZABLE
    {0x2402, "I"},                 // an idle kernel thread that may be frozen
    {0x6001, "S"},                 // TASK_FREEZABLE_UNSAFE
    {0x8000, "D"},                 // TASK_FROZEN
    {0x3, "D"},                    // one state alone is reported, the highest
};

TEST(TaskStates, AreThoseThatAKernelSince4_14Reports) {
  for (const char* const release : {"4.14.0", "5.10.0-32-cloud-arm64", "6.1", "10.0.1"}) {
    const TaskStates states(release);
    for (const Case& one : kCases) {
      EXPECT_EQ(since_4_14(states.reported(left_in(one.state), false)), one.letters)
          << release << ": " << one.state;
      EXPECT_EQ(since_4_14(states.reported(preempted_in(one.state), false)), "+") << one.state;
    }
  }
}

// That is how trace_processor reads a trace that tells no release, or none that it can read.
TEST(TaskStates, AreThoseOf4_4WhereTheKernelIsNotKnown) {
  for (const char* const release : {"", "4.4.0", "4", "six", "6.", "6.1-rc1", "4294967296.9"}) {
    const TaskStates states(release);
    for (const Case& one : kCases) {
      EXPECT_EQ(of_4_4(states.reported(left_in(one.state), false)), one.letters)
          << release << ": " << one.state;
      EXPECT_EQ(of_4_4(states.reported(preempted_in(one.state), false)), "+") << one.state;
    }
  }
}

TEST(TaskStates, ArePreemptedWith0x1000From4_8On) {
  for (const char* const release : {"4.8.0", "4.13.16"}) {
    const TaskStates states(release);
    EXPECT_EQ(states.reported(preempted_in(0), false), 0x1000U);
    EXPECT_EQ(states.reported(left_in(0x402), false), 0x402U);
  }
}

// 0x80 is TASK_DEAD, and TASK_REPORT_IDLE in older recordings through tracefs.
TEST(TaskStates, TellADeadKernelThreadFromAnIdleOne) {
  const TaskStates states("6.1.0");
  wp_switch change = left_in(0x80);
  EXPECT_EQ(states.reported(change, true), 0x10U);
  change.prev_flags = WP_TASK_KTHREAD;
  EXPECT_EQ(states.reported(change, true), 0x10U);
  EXPECT_EQ(states.reported(change, false), 0x80U);
}

}  // namespace
}  // namespace wakepath::exports::perfetto
