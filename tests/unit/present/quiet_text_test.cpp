// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/quiet_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace wakepath::present {
namespace {

using Why = QuietVcpu::Why;

QuietVcpu vcpu(std::uint32_t index, Why why) {
  QuietVcpu quiet;
  quiet.who = {"web1", 95, index, 96 + index};
  quiet.why = why;
  quiet.observed_ns = 2'000'000'000;
  quiet.on_cpu_ns = 1'000'000'000;
  quiet.polls = 7;
  return quiet;
}

std::string text(const std::vector<QuietVcpu>& vcpus, std::size_t top) {
  fmt::memory_buffer out;
  append_quiet(vcpus, top, out);
  return fmt::to_string(out);
}

TEST(QuietText, ThoseOfWhichSomethingIsToBeLearntComeFirst) {
  EXPECT_EQ(
      text({vcpu(0, Why::asleep), vcpu(1, Why::always_polls), vcpu(2, Why::never_blocks)}, 0),
      "  web1 vCPU 2: never blocks: on its CPU 50.0% of 2.00s, off it 0 times, never to sleep\n"
      "  web1 vCPU 1: never sleeps: halt polling met 7 wakes\n"
      "  web1 vCPU 0: asleep all the time, 2.00s\n");
}

TEST(QuietText, OneThatSleptWhileItsPollingGrewIsSaidToHavePolled) {
  QuietVcpu polls = vcpu(1, Why::always_polls);
  polls.sleeps = 2;
  EXPECT_EQ(text({polls}, 0), "  web1 vCPU 1: hardly sleeps: halt polling met 7 of 9 wakes\n");
}

TEST(QuietText, HundredsOfThemAreCounted) {
  std::vector<QuietVcpu> vcpus;
  for (std::uint32_t i = 0; i < 220; ++i) {
    vcpus.push_back(vcpu(i, Why::asleep));
  }
  const std::string few = text(vcpus, 20);
  EXPECT_EQ(std::ranges::count(few, '\n'), 21);
  EXPECT_TRUE(few.ends_with("  … and 200 more vCPUs (--top 220 shows all)\n")) << few;
  const std::string all = text(vcpus, 0);
  EXPECT_EQ(std::ranges::count(all, '\n'), 220);
}

TEST(QuietText, SaysWhatIsNotSure) {
  QuietVcpu busy = vcpu(0, Why::never_blocks);
  busy.polls = std::nullopt;
  busy.waiting_ns = 20'000'000;
  busy.deliveries = 1;
  busy.lossy = true;
  EXPECT_EQ(
      text({busy}, 0),
      "  web1 vCPU 0: never blocks: on its CPU 50.0%, waiting for it 1.0% of 2.00s, off it 0 "
      "times, never to sleep; halt polling can't be seen here; its timer fired 1 time while it "
      "ran (as far as no event was lost)\n");
}

TEST(QuietText, AHostileNameIsEscaped) {
  QuietVcpu hostile = vcpu(0, Why::asleep);
  hostile.who.vm = "x\x1b[2J";
  EXPECT_EQ(text({hostile}, 0).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace wakepath::present
