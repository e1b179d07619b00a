// SPDX-License-Identifier: GPL-2.0-or-later
// The end of each wake: closing it, the run that follows, what the guest reports of it, handing it
// on.
#include <algorithm>
#include <map>
#include <utility>

#include "reconstruct/vcpu_tracker.hpp"

namespace wakepath::reconstruct {

namespace {

// How far after its deadline the guest read its counter; nothing where it had none.
std::optional<std::int64_t> lateness_ns(const wp_guest_report& report,
                                        std::optional<std::uint64_t> hz) {
  constexpr std::uint32_t kBoth = WP_REPORT_DEADLINE | WP_REPORT_NOW;
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  constexpr std::uint64_t kFastest = 9'000'000'000;  // larger ones overflow below
  constexpr std::int64_t kLongest = 1'000'000'000;   // seconds
  if ((report.flags & kBoth) != kBoth || !hz || *hz > kFastest) {
    return std::nullopt;
  }
  const auto ticks = static_cast<std::int64_t>(report.now_ticks - report.deadline_ticks);
  const auto frequency = static_cast<std::int64_t>(*hz);
  const std::int64_t seconds = ticks / frequency;
  if (seconds > kLongest || seconds < -kLongest) {
    return std::nullopt;
  }
  return seconds * kNsPerSecond + ticks % frequency * kNsPerSecond / frequency;
}

}  // namespace

void VcpuTracker::check_losses(WakeChain& chain, std::uint64_t since_ns,
                               std::uint64_t until_ns) const {
  const LossLog::Touch touch = losses_.touching(since_ns, until_ns);
  if (touch.lost) {
    chain.flags.set(Flag::lossy);
  }
  if (touch.missed) {
    chain.flags.set(Flag::missed_program);
  }
}

void VcpuTracker::close_without_entry(Vcpu& vcpu, std::uint64_t now_ns) {
  // Where kvm_entry does not fire, the guest has run meanwhile for all that we know.
  if (vcpu.entered_once || (vcpu.wake->flags.has(Flag::early) && !vcpu.wake->on_cpu())) {
    vcpu.wake->flags.set(Flag::reblocked);
  }
  close(vcpu, now_ns);
}

void VcpuTracker::close(Vcpu& vcpu, std::uint64_t now_ns) {
  hand_on(vcpu, std::nullopt);
  VcpuWake wake = std::move(*vcpu.wake);
  vcpu.wake.reset();
  // A vCPU that found nothing to do has no guest entry that could be missing.
  const bool idle_turn = wake.flags.has(Flag::reblocked) && wake.on_cpu();
  if (wake.entry_ns == 0 && !idle_turn && !wake.flags.has(Flag::cut)) {
    wake.flags.set(Flag::no_entry);
  }
  if (wake.entry_ns != 0 || vcpu.entered_once) {
    for (const Flag flag : {Flag::preempted, Flag::migrated}) {
      if (wake.flags_on_cpu.has(flag)) {
        wake.flags.set(flag);
      }
    }
  } else {
    // It may have been in its guest: events from there say nothing of the wake.
    std::erase_if(wake.marks, [&](const Mark& mark) {
      return wake.sched_in_ns != 0 && mark.at_ns > wake.sched_in_ns &&
             (mark.kind == MarkKind::preempted || mark.kind == MarkKind::migrated);
    });
  }
  BuiltChain built = build_chain(wake, facts_);
  annotate_(built, wake.by);
  // Where kvm_entry does not fire, nothing was to be seen after the sched_in.
  const bool over = wake.on_cpu() && !vcpu.entered_once;
  check_losses(built.chain, built.rests_on_ns, over ? built.chain.end_ns : now_ns);
  if (idle_turn && !built.chain.complete()) {
    // Then the entry may have been lost.
    built.chain.flags.set(Flag::no_entry);
  }
  if (built.chain.blocked_ns && losses_.touching(wake.blocked_since_ns, wake.waking_ns).any()) {
    built.chain.blocked_ns.reset();
    built.chain.polled_ns.reset();
  }
  const bool guest_ran =
      wake.entry_ns != 0 || (wake.on_cpu() && !vcpu.entered_once && !wake.flags.has(Flag::cut));
  due_.push({built.chain.end_ns, wake.tid});
  vcpu.finished = Finished{std::move(built.chain), {}, guest_ran};
}

void VcpuTracker::hand_on(Vcpu& vcpu, std::optional<std::uint64_t> blocked_at_ns) {
  if (!vcpu.finished) {
    return;
  }
  WakeChain& chain = vcpu.finished->chain;
  if (blocked_at_ns && *blocked_at_ns >= chain.end_ns && vcpu.finished->guest_ran &&
      !losses_.touching(chain.end_ns, *blocked_at_ns).any()) {
    chain.ran_ns = *blocked_at_ns - chain.end_ns;
    if (facts_.sees(WP_EVENT_KVM_EXIT) && chain.ends_at == EndsAt::kvm_entry) {
      chain.exits = std::move(vcpu.finished->exits);
    }
  }
  emit_(std::move(chain));
  vcpu.finished.reset();
}

void VcpuTracker::guest_report(const wp_guest_report& report) {
  Vcpu* found = vcpus_.find(report.tid);
  if (found == nullptr) {
    return;
  }
  Vcpu& vcpu = *found;
  // A missing report may have been the first of this run.
  const bool follows = report.sequence == std::exchange(vcpu.next_report, report.sequence + 1);
  if (!follows) {
    vcpu.report_gap_ns = report.time_ns;
    return;
  }
  const auto say = [&](auto& wake) {
    // The first after the wake. Later ones come from a guest that was awake.
    if (wake.guest_lateness_ns || wake.guest_woke_ns) {
      return;
    }
    wake.guest_lateness_ns = lateness_ns(report, facts_.header().counter_hz);
    if ((report.flags & WP_REPORT_NOW_NS) != 0) {
      wake.guest_woke_ns = report.now_ns;
    }
  };
  if (vcpu.finished) {
    // If a whole wake was lost meanwhile, the report is of that one; if a report was, this is not
    // the first after the wake.
    if (vcpu.finished->chain.end_ns > vcpu.report_gap_ns &&
        !losses_.touching(vcpu.finished->chain.end_ns, report.time_ns).any()) {
      say(vcpu.finished->chain);
    }
  } else if (vcpu.wake && vcpu.wake->on_cpu() &&
             std::max(vcpu.wake->sched_in_ns, vcpu.wake->poll_end_ns) > vcpu.report_gap_ns) {
    say(*vcpu.wake);
  }
}

void VcpuTracker::exited(std::uint32_t tid, std::uint64_t now_ns) {
  Vcpu* vcpu = vcpus_.find(tid);
  if (vcpu == nullptr) {
    return;
  }
  if (vcpu->wake) {
    close(*vcpu, now_ns);
  }
  hand_on(*vcpu, std::nullopt);
  vcpus_.erase(tid);
}

void VcpuTracker::advanced_to(std::uint64_t time_ns) {
  std::vector<std::uint32_t> ready;
  for (; !due_.empty() && due_.top().first + kShowAfterNs < time_ns; due_.pop()) {
    ready.push_back(due_.top().second);
  }
  // In an order that does not depend on when each was due.
  std::ranges::sort(ready);
  ready.erase(std::unique(ready.begin(), ready.end()), ready.end());
  for (const std::uint32_t tid : ready) {
    Vcpu* const found = vcpus_.find(tid);
    if (found == nullptr) {
      continue;
    }
    Vcpu& vcpu = *found;
    const bool in_guest_unseen = vcpu.wake && vcpu.wake->on_cpu() && !vcpu.entered_once;
    if (in_guest_unseen &&
        std::max(vcpu.wake->sched_in_ns, vcpu.wake->poll_end_ns) + kShowAfterNs < time_ns) {
      close(vcpu, time_ns);
    }
    if (vcpu.finished && vcpu.finished->chain.end_ns + kShowAfterNs < time_ns) {
      hand_on(vcpu, std::nullopt);
    }
  }
}

void VcpuTracker::finish(std::uint64_t now_ns) {
  for (const std::uint32_t tid : vcpus_.tids()) {
    Vcpu& vcpu = vcpus_[tid];
    if (vcpu.wake) {
      if (vcpu.entered_once || !vcpu.wake->on_cpu()) {
        vcpu.wake->flags.set(Flag::cut);
      }
      close(vcpu, now_ns);
    }
    hand_on(vcpu, std::nullopt);
  }
}

}  // namespace wakepath::reconstruct
