// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/annotate.hpp"

#include <algorithm>

#include "present/chains.hpp"

namespace wakepath::present {
namespace {

using testing::arm64_header;
using testing::kworker_chain;

std::string annotated(const WakeChain& chain, RunView run = {}) {
  if (run.header.events.empty()) {
    run.header = arm64_header();
  }
  run.see(chain);
  fmt::memory_buffer out;
  annotate(chain, run, out);
  return fmt::to_string(out);
}

TEST(Annotate, PrintsAWakeAsAPersonWould) {
  EXPECT_EQ(
      annotated(kworker_chain()),
      R"(guest vCPU 0  timer(timerfd_tmrproc)>work(aio_poll_put_work)>vcpu  total 224us, the guest itself saw 231us
  at 1.000000000s, blocked for 8.44ms before
      +0.000us      12.300us  CPU 0    timer_latency   timer expires: timerfd_tmrproc
     +12.300us       3.100us  CPU 0    irq_entry       IRQ entry: arch_timer (irq 13)
     +15.400us       4.000us  CPU 0    timer_callback  callback: timerfd_tmrproc
     +19.400us      95.000us  CPU 0    work_delay      work queued: aio_poll_put_work
                                                             40.0us  42%  idle_exit
                                                             30.0us  32%  task ksoftirqd/1
                                                             25.0us  26%  unexplained
     +19.900us                CPU 0                      woken: kworker/1:2
     +21.000us                CPU 0                      IRQ exit
     +30.000us      40.000us                             idle_exit
     +70.000us                CPU 1                      exit from idle
    +110.000us                CPU 1                      switch to: kworker/1:2
    +114.400us      20.000us  CPU 1    work_run        work function: aio_poll_put_work, kworker/1:2
    +134.400us      80.000us  CPU 1    wake_delay      vCPU woken: CPU 0/KVM
    +214.400us      10.000us  CPU 1    vcpu_entry      switch to the vCPU: CPU 0/KVM
    +220.000us                CPU 1                      injection: PPI 27
    +224.400us                CPU 1    kvm_entry       guest entry
    +224.400us    8430.000us  CPU 1    ran             guest ran 8.43ms, left: WFx
                                                         guest exits: IRQ 1, WFx 1
   +8650.000us                CPU 1                      guest exit: WFx
   +8654.400us                CPU 1                      vCPU blocks
   +8655.400us                CPU 1                      switch to idle

)");
}

TEST(Annotate, SaysWhatIsNotKnownAndWhy) {
  WakeChain chain = kworker_chain();
  chain.path = "unknown>vcpu";
  chain.root = {};
  chain.hops = {};
  chain.stages = {{StageKind::wake_delay, 2'000'134'400, 2'000'214'400, 1, "CPU 0/KVM", {}, {}}};
  chain.marks = {};
  chain.begin_ns = 2'000'134'400;
  chain.end_ns = 2'000'214'400;
  chain.ends_at = EndsAt::sched_in;
  chain.blocked_ns.reset();
  chain.ran_ns.reset();
  chain.exits.reset();
  chain.guest_lateness_ns.reset();
  chain.flags.set(Flag::no_root);
  chain.flags.set(Flag::no_entry);
  RunView run;
  run.header = arm64_header();
  run.header.events = {{"kvm_entry", false, "this kernel has no BTF for kvm"}};
  EXPECT_EQ(annotated(chain, run),
            R"(guest vCPU 0  unknown>vcpu  total 80.0us to sched_in  [no_root, no_entry]
  at 1.000134400s, how long it was blocked before is not known
  no_root: what caused the wake was not seen
      +0.000us      80.000us           wake_delay      vCPU woken: CPU 0/KVM
     +80.000us                CPU 1    sched_in        switch to the vCPU; guest entry is not known (kvm_entry: this kernel has no BTF for kvm)
                                                     how long the guest then ran is not known
)"
            "\n");
}

TEST(Annotate, SaysWhenExitsWereNotCaptured) {
  WakeChain chain = kworker_chain();
  chain.exits.reset();
  std::erase_if(chain.marks, [](const Mark& mark) { return mark.kind == MarkKind::guest_exit; });
  EXPECT_NE(annotated(chain).find(
                "guest ran 8.43ms, left: not known (kvm_exit was not captured: --exits)"),
            std::string::npos);
}

TEST(Annotate, GivesTheEndOfARunWithoutItsMarks) {
  WakeChain chain = kworker_chain();
  chain.marks.clear();
  EXPECT_NE(annotated(chain).find(
                "   +224.400us    8430.000us  CPU 1    ran             guest ran 8.43ms"),
            std::string::npos);
}

TEST(Annotate, ShowsThatTheGuestWasEarly) {
  WakeChain chain = kworker_chain();
  chain.guest_lateness_ns = -1'500;
  EXPECT_NE(annotated(chain).find("the guest itself saw -1.50us"), std::string::npos);
}

TEST(Annotate, KeepsAMarkBeforeTheBeginning) {
  WakeChain chain = kworker_chain();
  chain.marks.insert(chain.marks.begin(), {MarkKind::idle_exit, 1'999'999'000, 0, ""});
  EXPECT_NE(annotated(chain).find(
                "\n      -1.000us                CPU 0                      exit from idle\n"),
            std::string::npos);
}

TEST(Annotate, CountsManyExitsToUserSpace) {
  WakeChain chain = kworker_chain();
  const auto end = std::ranges::find(chain.marks, MarkKind::guest_exit, &Mark::kind);
  chain.marks.insert(end, 5, {MarkKind::user_exit, 2'000'500'000, 1, "mmio"});
  const std::string text = annotated(chain);
  std::size_t shown = 0;
  for (std::size_t at = 0; (at = text.find("exit to user space: mmio", at)) != std::string::npos;
       ++at) {
    ++shown;
  }
  EXPECT_EQ(shown, 3U);
  EXPECT_NE(text.find("and 2 more exits to user space"), std::string::npos);
}

TEST(Annotate, MakesNamesFromOutsideHarmless) {
  WakeChain chain = kworker_chain();
  chain.who.vm = "a\x1b[2Jb";
  chain.root.irq_name = "irq\n\x07";
  chain.stages[4].actor = "\x1b]0;x";
  chain.stages[3].sub[0].name = "\x9b";
  chain.stages[3].blame[1].what = "\x1b[31m";
  chain.marks[0].name = "\r\x1b";
  chain.exits = {{"\x1b", 1}};
  const std::string text = annotated(chain);
  for (const char c : text) {
    EXPECT_TRUE(c == '\n' || (c >= ' ' && c < 0x7f)) << static_cast<int>(c);
  }
}

TEST(Annotate, PrintsADelivery) {
  const WakeChain chain = kworker_chain();
  const Delivery delivery{
      chain.who, 2'000'000'000, 2'000'015'400, {chain.stages[0], chain.stages[1]}, {}};
  RunView run;
  run.header = arm64_header();
  fmt::memory_buffer out;
  annotate(delivery, run, out);
  EXPECT_EQ(fmt::to_string(out),
            R"(guest vCPU 0  delivery: its timer was due while it was awake, no wake  total 15.4us
  at 1.000000000s
      +0.000us      12.300us           timer_latency   timer expires: arch_timer
     +12.300us       3.100us  CPU 0    irq_entry       IRQ entry: arch_timer
     +15.400us                CPU 0    end             back in the guest

)");
}

}  // namespace
}  // namespace wakepath::present
