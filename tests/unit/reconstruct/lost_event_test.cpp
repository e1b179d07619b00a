// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever single event is lost, no chain that calls itself complete may say something else than it
// says in the undamaged run. Chains that a loss touched may say less, if they say so.
#include <algorithm>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "support/chain_match.hpp"
#include "support/damaged_stream.hpp"
#include "support/recording_sink.hpp"
#include "support/scenario.hpp"

namespace wakepath::testing {

namespace {

constexpr std::uint64_t kPeriod = 10'000'000;

// Writes a scenario of many wakes of two vCPUs, whose causes take turns.
class Writer {
 public:
  explicit Writer(std::uint64_t poll_ns) {
    text_ =
        "host kernel=6.1.0 arch=aarch64 cpus=2 hz=62500000\n"
        "event kvm_exit\n"
        "vm 95 tgid=95 name=guest\n"
        "vm 70 tgid=70 name=neighbour\n"
        "thread a 96 vcpu-a vm=95 index=0\n"
        "thread b 71 vcpu-b vm=70 index=0\n"
        "thread kworker 93 kworker/0:2\n"
        "thread device 120 guest-device\n"
        "thread vhost 812 vhost-95\n";
    if (poll_ns != 0) {
      text_ += "poll " + std::to_string(poll_ns) + "\n";
    }
    at(2'000'000).line(1, "a", "sched_switch", "next=idle state=S");
    at(2'500'000).line(0, "b", "sched_switch", "next=idle state=S");
  }

  void timer(std::uint64_t t, const std::string& vcpu, int fires_on, int runs_on) {
    at(t + 3'000).line(fires_on, "idle", "irq_handler_entry", "irq=13 name=arch_timer");
    at(t + 5'000).line(fires_on, "idle", "hrtimer_expire_entry", callback(t, vcpu));
    at(t + 7'000).line(fires_on, "idle", "sched_waking", "task=" + vcpu);
    at(t + 9'000).line(fires_on, "idle", "hrtimer_expire_exit", callback(t, vcpu));
    at(t + 10'000).line(fires_on, "idle", "irq_handler_exit", "irq=13 name=arch_timer");
    enter(t + 15'000, "idle", vcpu, runs_on);
  }

  void work(std::uint64_t t, const std::string& vcpu, int runs_on) {
    at(t + 3'000).line(0, "idle", "irq_handler_entry", "irq=13 name=arch_timer");
    at(t + 5'000).line(0, "idle", "hrtimer_expire_entry", callback(t, "tfd", "timerfd_tmrproc"));
    at(t + 7'000).line(0, "idle", "workqueue_queue_work", "function=aio_poll_put_work");
    at(t + 8'000).line(0, "idle", "sched_waking", "task=kworker");
    at(t + 9'000).line(0, "idle", "hrtimer_expire_exit", callback(t, "tfd", "timerfd_tmrproc"));
    at(t + 10'000).line(0, "idle", "irq_handler_exit", "irq=13 name=arch_timer");
    at(t + 20'000).line(0, "idle", "sched_switch", "next=kworker");
    at(t + 23'000).line(0, "kworker", "workqueue_execute_start", "function=aio_poll_put_work");
    at(t + 25'000).line(0, "kworker", "sched_waking", "task=" + vcpu);
    at(t + 27'000).line(0, "kworker", "workqueue_execute_end", "function=aio_poll_put_work");
    if (runs_on == 0) {
      enter(t + 30'000, "kworker", vcpu, 0, "state=I");
    } else {
      at(t + 30'000).line(0, "kworker", "sched_switch", "next=idle state=I");
      enter(t + 32'000, "idle", vcpu, runs_on);
    }
  }

  void packet(std::uint64_t t, const std::string& vcpu, int runs_on) {
    at(t).line(0, "idle", "irq_handler_entry", "irq=57 name=virtio2-input.0");
    at(t + 2'000).line(0, "idle", "softirq_raise", "vector=NET_RX");
    at(t + 3'000).line(0, "idle", "irq_handler_exit", "irq=57 name=virtio2-input.0");
    at(t + 4'000).line(0, "idle", "irq_handler_entry", "irq=58 name=virtio3-input.0");
    at(t + 5'000).line(0, "idle", "softirq_raise", "vector=NET_RX");
    at(t + 6'000).line(0, "idle", "irq_handler_exit", "irq=58 name=virtio3-input.0");
    at(t + 7'000).line(0, "idle", "softirq_entry", "vector=NET_RX");
    at(t + 12'000).line(0, "idle", "sched_waking", "task=vhost");
    at(t + 14'000).line(0, "idle", "softirq_exit", "vector=NET_RX");
    at(t + 20'000).line(0, "idle", "sched_switch", "next=vhost");
    at(t + 30'000).line(0, "vhost", "sched_waking", "task=" + vcpu);
    at(t + 40'000).line(0, "vhost", "sched_switch", "next=idle state=S");
    enter(t + 50'000, "idle", vcpu, runs_on);
  }

  void device(std::uint64_t t, const std::string& vcpu, int runs_on) {
    at(t + 3'000).line(0, "idle", "irq_handler_entry", "irq=13 name=arch_timer");
    at(t + 5'000).line(0, "idle", "hrtimer_expire_entry", callback(t, "sleep", "hrtimer_wakeup"));
    at(t + 7'000).line(0, "idle", "sched_waking", "task=device");
    at(t + 9'000).line(0, "idle", "hrtimer_expire_exit", callback(t, "sleep", "hrtimer_wakeup"));
    at(t + 10'000).line(0, "idle", "irq_handler_exit", "irq=13 name=arch_timer");
    at(t + 20'000).line(0, "idle", "sched_switch", "next=device");
    at(t + 30'000).line(0, "device", "sched_waking", "task=" + vcpu);
    at(t + 40'000).line(0, "device", "sched_switch", "next=idle state=S");
    enter(t + 50'000, "idle", vcpu, runs_on);
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  static std::string callback(std::uint64_t t, const std::string& timer,
                              const std::string& function = "kvm_bg_timer_expire") {
    return "function=" + function + " timer=" + timer + " expiry=" + std::to_string(t);
  }

  void enter(std::uint64_t t, const std::string& from, const std::string& vcpu, int cpu,
             const std::string& state = "") {
    at(t).line(cpu, from, "sched_switch", "next=" + vcpu + " " + state);
    at(t + 5'000).line(cpu, vcpu, "kvm_vcpu_wakeup", "");
    at(t + 8'000).line(cpu, vcpu, "kvm_entry", "");
    at(t + 60'000).line(cpu, vcpu, "kvm_exit", "reason=WFx");
    at(t + 70'000).line(cpu, vcpu, "sched_switch", "next=idle state=S");
  }

  Writer& at(std::uint64_t t) {
    t_ = t;
    return *this;
  }
  void line(int cpu, const std::string& task, const std::string& event, const std::string& fields) {
    text_ += std::to_string(t_) + " " + std::to_string(cpu) + " " + task + " " + event + " " +
             fields + "\n";
  }

  std::string text_;
  std::uint64_t t_{0};
};

// 52 wakes, two in each period.
Scenario many_wakes(std::uint64_t poll_ns) {
  Writer writer(poll_ns);
  for (std::uint64_t i = 1; i <= 26; ++i) {
    const std::uint64_t t = i * kPeriod;
    switch (i % 4) {
      case 0:
        writer.timer(t, "a", 1, 1);
        break;
      case 1:
        writer.work(t, "a", 1);
        break;
      case 2:
        writer.packet(t, "a", 1);
        break;
      default:
        writer.device(t, "a", 1);
        break;
    }
    // Half of them while the other's wake is still under way, half of them in quiet.
    const std::uint64_t u = t + (i % 2 == 0 ? 4'000'000 : 200'000);
    if (i % 3 == 0) {
      writer.work(u, "b", 0);
    } else {
      writer.timer(u, "b", i % 3 == 1 ? 1 : 0, 0);
    }
  }
  auto scenario = Scenario::parse(writer.text());
  EXPECT_TRUE(scenario) << scenario.error().message;
  return *scenario;
}

struct DropOutcome {
  std::size_t runs{0};
  std::size_t complete{0};
  std::size_t touched{0};  // chains of the undamaged run that are no longer complete
  std::size_t different{0};
  std::size_t untold{0};  // runs whose summary does not count the loss
  std::string first;
};

DropOutcome drop_each(const Scenario& scenario, Damage::How how, std::size_t dropped = 1,
                      std::size_t step = 1) {
  const SoundChains sound(run(scenario.records()).wakes);
  for (const WakeChain& chain : sound.complete()) {
    EXPECT_EQ(broken_rule(chain), "");
  }
  DropOutcome outcome;
  // Where runs are slow, fewer events are lost, and others in each test.
  step *= std::max(1U, 60U / std::max(1U, damage_runs()));
  for (std::size_t event = dropped % step; event + dropped <= scenario.events(); event += step) {
    const Recording damaged = run(scenario.records(Damage{event, how, dropped, false}));
    ++outcome.runs;
    outcome.untold += damaged.summary().lost == dropped ? 0U : 1U;
    std::size_t complete = 0;
    for (const WakeChain& chain : damaged.wakes) {
      EXPECT_EQ(broken_rule(chain), "") << scenario.line_of(event) << "\n" << text_of(chain);
      if (!chain.complete()) {
        continue;
      }
      ++complete;
      const std::string difference = sound.difference(chain, SoundChains::Names::known);
      if (!difference.empty()) {
        ++outcome.different;
        if (outcome.first.empty()) {
          outcome.first = "without " + scenario.line_of(event) + "\n" + difference;
        }
      }
    }
    outcome.complete += complete;
    outcome.touched += sound.complete().size() - complete;
  }
  return outcome;
}

}  // namespace

TEST(LostEvent, UndamagedRunIsComplete) {
  for (const std::uint64_t poll : {0U, 7'000'000U}) {
    const Recording recording = run(many_wakes(poll).records());
    EXPECT_EQ(recording.summary().wakes, 52U);
    EXPECT_EQ(recording.summary().complete, 52U);
    EXPECT_EQ(recording.summary().lost, 0U);
  }
}

TEST(LostEvent, ToldByTheCounterTouchesOnlyChainsNearIt) {
  const Scenario scenario = many_wakes(7'000'000);
  const DropOutcome outcome = drop_each(scenario, Damage::How::told);
  EXPECT_EQ(outcome.different, 0U) << outcome.first;
  EXPECT_EQ(outcome.untold, 0U);
  // A lost event spoils the wakes around it, not the run: 2 of 52 on average, 4 at most.
  EXPECT_LE(outcome.touched, 3 * outcome.runs);
  RecordProperty("runs", static_cast<int>(outcome.runs));
  RecordProperty("complete", static_cast<int>(outcome.complete));
  RecordProperty("touched", static_cast<int>(outcome.touched));
}

TEST(LostEvent, BurstsTouchOnlyChainsNearThem) {
  const Scenario scenario = many_wakes(7'000'000);
  for (const std::size_t dropped : {2U, 3U, 5U, 8U, 13U, 21U, 34U}) {
    const DropOutcome outcome = drop_each(scenario, Damage::How::told, dropped, 3);
    EXPECT_EQ(outcome.different, 0U) << dropped << " events lost: " << outcome.first;
    EXPECT_EQ(outcome.untold, 0U);
  }
}

TEST(LostEvent, SilentIsSeenInTheTotals) {
  const DropOutcome outcome = drop_each(many_wakes(0), Damage::How::silent);
  EXPECT_EQ(outcome.different, 0U) << outcome.first;
  EXPECT_EQ(outcome.untold, 0U);
}

}  // namespace wakepath::testing
