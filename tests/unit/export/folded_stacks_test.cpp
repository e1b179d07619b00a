// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/folded_stacks.hpp"

#include <gtest/gtest.h>

#include "export/written.hpp"

namespace wakepath::exports {
namespace {

using testing::kHostile;
using testing::Written;

WakeChain wake_of(std::string vm, std::uint32_t pid, std::vector<Blame> blame) {
  WakeChain chain;
  chain.who = {std::move(vm), pid, 0, 96};
  chain.path = "timer(x)>vcpu";
  chain.begin_ns = 1'000;
  std::uint64_t ns = 0;
  for (const Blame& one : blame) {
    ns += one.ns;
  }
  chain.end_ns = 1'000 + ns;
  chain.ends_at = EndsAt::kvm_entry;
  chain.stages = {{StageKind::wake_delay, 1'000, chain.end_ns, 0, "", {}, std::move(blame)}};
  return chain;
}

std::string folded(std::initializer_list<WakeChain> chains) {
  const Written written;
  auto made = FoldedStacks::create(written.plan());
  EXPECT_TRUE(made);
  for (const WakeChain& chain : chains) {
    EXPECT_TRUE((*made)->wake(chain));
  }
  EXPECT_TRUE((*made)->finish());
  return written.text();
}

}  // namespace

TEST(FoldedStacks, SumsEachStack) {
  const std::vector<Blame> blame{{BlameKind::task, "hog", 30}, {BlameKind::idle_exit, "", 12}};
  EXPECT_EQ(folded({wake_of("web", 95, blame), wake_of("web", 95, blame)}),
            "web;vCPU 0;timer(x)>vcpu;wake_delay;idle_exit 24\n"
            "web;vCPU 0;timer(x)>vcpu;wake_delay;task(hog) 60\n");
}

TEST(FoldedStacks, LetsNoNameEndAFrameOrALine) {
  WakeChain chain = wake_of(kHostile, 95, {{BlameKind::task, kHostile, 7}});
  chain.path = "task(a;b\n)>vcpu";
  const std::string harmless = "a\"b,c\\x3bd\\x0d\\x0ae\\x1b[31m\\xff\\xe2\\x80\\xae";
  EXPECT_EQ(folded({chain}),
            harmless + ";vCPU 0;task(a\\x3bb\\x0a)>vcpu;wake_delay;task(" + harmless + ") 7\n");
}

TEST(FoldedStacks, TellsVmsOfOneNameApart) {
  const std::vector<Blame> blame{{BlameKind::task, "hog", 1}};
  EXPECT_EQ(folded({wake_of("web", 95, blame), wake_of("web", 97, blame)}),
            "web (pid 95);vCPU 0;timer(x)>vcpu;wake_delay;task(hog) 1\n"
            "web (pid 97);vCPU 0;timer(x)>vcpu;wake_delay;task(hog) 1\n");
}

TEST(FoldedStacks, CallsAVmWithoutANameUnknown) {
  WakeChain chain = wake_of("?", 0, {{BlameKind::task, "hog", 1}});
  chain.who.vm_pid.reset();
  chain.who.vcpu.reset();
  EXPECT_EQ(folded({chain}), "unknown VM;vCPU ?;timer(x)>vcpu;wake_delay;task(hog) 1\n");
}

}  // namespace wakepath::exports
