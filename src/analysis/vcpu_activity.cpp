// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/vcpu_activity.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace wakepath::analysis {

VcpuActivity::Track VcpuActivity::fresh(const reconstruct::VcpuThread& fact) const {
  Track track;
  track.since_ns = std::max(begin_ns_, fact.since_ns);
  track.named_ns = track.since_ns;
  track.state = (fact.state & WP_VCPU_ASLEEP) != 0    ? State::asleep
                : (fact.state & WP_VCPU_ON_CPU) != 0  ? State::on_cpu
                : (fact.state & WP_VCPU_WAITING) != 0 ? State::waiting
                                                      : State::unknown;
  return track;
}

VcpuActivity::Track* VcpuActivity::find(std::uint32_t tid, std::uint64_t at_ns) {
  const reconstruct::VcpuThread* fact = facts_.vcpu_then(tid, at_ns);
  if (fact == nullptr) {
    return nullptr;
  }
  const Key key{tid, fact->vm, fact->index};
  if (last_ == nullptr || last_->first != key) {
    const auto [at, added] = tracks_.try_emplace(key);
    if (added) {
      at->second = fresh(*fact);
    }
    last_ = &*at;
  }
  activate(key, last_->second);
  last_->second.had_event = true;
  return &last_->second;
}

void VcpuActivity::activate(const Key& key, Track& track) {
  if (!track.active) {
    // The intervals since it was told last have nothing of it.
    settle(track, std::min(taken_ns_, now_ns_));
    track.interval = {};
    track.active = true;
    active_.emplace_back(key, &track);
  }
}

void VcpuActivity::named(std::uint32_t tid, std::uint64_t since_ns, std::uint32_t state) {
  if ((state & (WP_VCPU_ON_CPU | WP_VCPU_WAITING)) != 0) {
    awake_.emplace(since_ns, tid);
  }
}

void VcpuActivity::add_awake() {
  for (; !awake_.empty() && awake_.begin()->first <= now_ns_; awake_.erase(awake_.begin())) {
    const auto [since_ns, tid] = *awake_.begin();
    const reconstruct::VcpuThread* const fact = facts_.vcpu(tid, std::max(since_ns, now_ns_));
    if (fact == nullptr || fact->until_ns || fact->since_ns > now_ns_) {
      continue;
    }
    const auto [at, added] = tracks_.try_emplace({tid, fact->vm, fact->index});
    if (added) {
      at->second = fresh(*fact);
    }
    activate(at->first, at->second);
  }
}

void VcpuActivity::settle(Track& track, std::uint64_t now_ns) {
  if (now_ns <= track.since_ns) {
    return;
  }
  const std::uint64_t ns = now_ns - track.since_ns;
  track.since_ns = now_ns;
  count(track, [&](Counts& counts) {
    counts.observed_ns += track.state == State::unknown ? 0 : ns;
    counts.on_cpu_ns += track.state == State::on_cpu ? ns : 0;
    counts.waiting_ns += track.state == State::waiting ? ns : 0;
    counts.away_ns += track.state == State::away ? ns : 0;
  });
}

void VcpuActivity::enter(Track& track, State state, std::uint64_t now_ns) {
  settle(track, now_ns);
  track.state = state;
}

void VcpuActivity::switched(const Event& event) {
  const wp_switch& change = event.payload.sched_switch;
  if (Track* prev = find(event.tid, event.time_ns)) {
    const bool in_kvm_run = (change.prev_flags & WP_TASK_VCPU_LOADED) != 0;
    const bool blocks = change.preempt == 0 && change.prev_state != 0;
    enter(*prev,
          !blocks      ? State::waiting
          : in_kvm_run ? State::asleep
                       : State::away,
          event.time_ns);
    count(*prev, [](Counts& counts) { ++counts.switches; });
    if (blocks && in_kvm_run) {
      count(*prev, [](Counts& counts) {
        counts.slept = true;
        ++counts.sleeps;
      });
    }
  }
  if (Track* next = find(change.next_tid, event.time_ns)) {
    if (next->state == State::asleep) {
      count(*next, [](Counts& counts) { counts.slept = true; });
    }
    next->cpu = event.cpu;
    enter(*next, State::on_cpu, event.time_ns);
  }
}

void VcpuActivity::event(const Event& event) {
  now_ns_ = std::max(now_ns_, event.time_ns);
  silent_left_ = std::min(silent_left_ + 1, kMostSilent);
  if (event.kind == WP_EVENT_SWITCH) {
    switched(event);
  } else if (event.tid != 0) {
    if (Track* current = find(event.tid, event.time_ns)) {
      current->cpu = event.cpu;
      if (current->state == State::unknown) {
        enter(*current, State::on_cpu, event.time_ns);
      }
      if (event.kind == WP_EVENT_KVM_VCPU_WAKEUP && event.payload.vcpu_wakeup.waited == 0) {
        count(*current, [](Counts& counts) { ++counts.polls; });
      }
    }
  }
  if (event.kind == WP_EVENT_WAKING && (event.payload.wake.flags & WP_TASK_VCPU_LOADED) != 0) {
    Track* wakee = find(event.payload.wake.tid, event.time_ns);
    if (wakee != nullptr && wakee->state != State::on_cpu && wakee->state != State::waiting) {
      enter(*wakee, State::waiting, event.time_ns);
      count(*wakee, [](Counts& counts) { counts.slept = true; });
    }
  } else if (event.kind == WP_EVENT_TASK_EXIT) {
    if (Track* ended = find(event.payload.task_exit.tid, event.time_ns)) {
      enter(*ended, State::unknown, event.time_ns);
    }
  }
  next_.event(event);
}

void VcpuActivity::loss(const order::LossInterval& loss) {
  lossy_ = interval_lossy_ = true;
  next_.loss(loss);
}

void VcpuActivity::advanced_to(std::uint64_t time_ns) {
  now_ns_ = std::max(now_ns_, time_ns);
  next_.advanced_to(time_ns);
}

void VcpuActivity::delivery(const Delivery& delivery) {
  if (Track* track = find(delivery.who.tid, delivery.end_ns)) {
    count(*track, [](Counts& counts) { ++counts.deliveries; });
  }
}

// A vCPU that does nothing has no event, only a name.
void VcpuActivity::add_named() {
  for (const auto& [tid, fact] : facts_.vcpus()) {
    if (fact->until_ns || fact->since_ns > now_ns_) {
      continue;
    }
    const auto [at, added] = tracks_.try_emplace({tid, fact->vm, fact->index});
    if (added) {
      at->second = fresh(*fact);
    }
  }
}

QuietVcpu::Lack VcpuActivity::lack_of(const QuietVcpu& quiet, bool sees_switches) {
  using enum QuietVcpu::Lack;
  if (quiet.why == QuietVcpu::Why::not_seen) {
    return nothing;  // that is no claim
  }
  if (!sees_switches) {
    return no_switches;
  }
  if (quiet.observed_ns < kLeastObservedNs) {
    return time;
  }
  return quiet.why == QuietVcpu::Why::always_polls && quiet.polls.value_or(0) < kLeastPolls
             ? polls
             : nothing;
}

std::vector<QuietVcpu> VcpuActivity::judge(const Judged& tracks, Counts Track::*counts,
                                           bool lossy) {
  using enum QuietVcpu::Why;
  const bool sees_switches = facts_.sees(WP_EVENT_SWITCH);
  const bool sees_polls = facts_.sees(WP_EVENT_KVM_VCPU_WAKEUP);
  std::vector<QuietVcpu> out;
  for (const auto& [key, of] : tracks) {
    Track& track = *of;
    settle(track, now_ns_);
    const Counts& seen = track.*counts;
    // KVM polls longer after each wake that it would have met (kvm_vcpu_halt), so the first few
    // wakes come from sleeps.
    constexpr std::uint64_t kPollsASleep = 10;
    const bool polls = seen.polls > kPollsASleep * seen.sleeps;
    if (seen.slept && !polls) {
      continue;
    }
    const std::uint64_t awake_ns = seen.on_cpu_ns + seen.waiting_ns;
    QuietVcpu& quiet = out.emplace_back();
    quiet.who = facts_.identity(key.tid, track.named_ns);
    quiet.why = polls                          ? always_polls
                : seen.away_ns > awake_ns      ? outside
                : awake_ns != 0                ? never_blocks
                : track.state == State::asleep ? asleep
                                               : not_seen;
    quiet.cpu = track.cpu;
    quiet.observed_ns = seen.observed_ns;
    quiet.on_cpu_ns = seen.on_cpu_ns;
    quiet.waiting_ns = seen.waiting_ns;
    if (sees_polls) {
      quiet.polls = seen.polls;
    }
    quiet.sleeps = seen.sleeps;
    quiet.deliveries = seen.deliveries;
    quiet.switches = seen.switches;
    quiet.lossy = lossy;
    quiet.lacks = lack_of(quiet, sees_switches);
    if (quiet.lacks != QuietVcpu::Lack::nothing) {
      quiet.why = not_judged;
    }
  }
  std::ranges::stable_sort(out, {}, [](const QuietVcpu& vcpu) {
    return std::tie(vcpu.who.vm, vcpu.who.vcpu, vcpu.who.tid);
  });
  return out;
}

std::vector<QuietVcpu> VcpuActivity::take_interval() {
  add_awake();
  std::erase_if(active_, [&](const auto& entry) {
    Track& track = *entry.second;
    if (!track.had_event && silent_left_ == 0) {
      track.active = false;
      return true;
    }
    silent_left_ -= track.had_event ? 0U : 1U;
    return false;
  });
  std::ranges::sort(active_, {}, &Judged::value_type::first);
  std::vector<QuietVcpu> out = judge(active_, &Track::interval, interval_lossy_);
  // A vCPU that sleeps on is named once, at the end.
  std::erase_if(out, [](const QuietVcpu& vcpu) {
    return vcpu.why != QuietVcpu::Why::never_blocks && vcpu.why != QuietVcpu::Why::always_polls;
  });
  // Those that are awake may go on without an event.
  std::erase_if(active_, [](const auto& entry) {
    Track& track = *entry.second;
    track.interval = {};
    track.had_event = false;
    track.active = track.state == State::on_cpu || track.state == State::waiting;
    return !track.active;
  });
  interval_lossy_ = false;
  taken_ns_ = now_ns_;
  return out;
}

std::vector<QuietVcpu> VcpuActivity::quiet() {
  add_named();
  Judged all;
  for (auto& [key, track] : tracks_) {
    all.emplace_back(key, &track);
  }
  return judge(all, &Track::total, lossy_);
}

}  // namespace wakepath::analysis
