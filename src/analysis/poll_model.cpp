// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/poll_model.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "analysis/latency_row.hpp"
#include "analysis/total_kind.hpp"

namespace wakepath::analysis {

namespace {

const Stage* stage_of(const WakeChain& chain, StageKind kind) {
  const auto found = std::ranges::find(chain.stages, kind, &Stage::kind);
  return found == chain.stages.end() ? nullptr : &*found;
}

// What polling would spare: the way through the scheduler, and the exit from idle before it.
std::uint64_t spared_by_polling(const WakeChain& chain, const Stage& wake_delay) {
  std::uint64_t spared = wake_delay.end_ns - wake_delay.begin_ns;
  for (const Stage& stage : chain.stages) {
    if (stage.end_ns > wake_delay.begin_ns || stage.cpu != wake_delay.cpu) {
      continue;
    }
    for (const Blame& blame : stage.blame) {
      spared += blame.kind == BlameKind::idle_exit ? blame.ns : 0;
    }
  }
  return std::min(spared, chain.total_ns());
}

// The guest's own timer, armed by KVM for a vCPU that sleeps: it fires in its guest's place while
// the vCPU polls.
bool is_own_timer(const WakeChain& chain) {
  return chain.root.kind == RootKind::timer &&
         (chain.root.function == "kvm_bg_timer_expire" || chain.root.function == "apic_timer_fn" ||
          chain.root.function == "kvm_timer_expire");
}

}  // namespace

PollWindow::Result PollWindow::halt(const Sleep& sleep) {
  window_ns_ = std::min(window_ns_, ceiling_ns_);
  Result out;
  std::uint64_t halted_ns = sleep.halted_ns;
  if (window_ns_ != 0 && sleep.may_poll) {
    out.met = sleep.until_event_ns <= window_ns_;
    out.burnt_ns = std::min(sleep.until_event_ns, window_ns_);
    halted_ns = out.met ? sleep.until_event_ns : halted_ns;
  }
  if (ceiling_ns_ == 0) {
    window_ns_ = 0;
  } else if (halted_ns <= window_ns_) {
    // It was long enough.
  } else if (window_ns_ != 0 && halted_ns > ceiling_ns_) {
    window_ns_ = settings_.shrink == 0 ? 0 : window_ns_ / settings_.shrink;
    window_ns_ = window_ns_ < settings_.grow_start_ns ? 0 : window_ns_;
  } else if (window_ns_ < ceiling_ns_ && halted_ns < ceiling_ns_ && settings_.grow != 0) {
    window_ns_ = std::max(window_ns_ * settings_.grow, settings_.grow_start_ns);
  }
  return out;
}

void PollModel::add(const WakeChain& chain) {
  if (!total_kind(chain)) {
    return;
  }
  Vm& vm = vms_[{chain.who.vm, chain.who.vm_pid}];
  const Stage* const wake_delay = stage_of(chain, StageKind::wake_delay);
  if (wake_delay == nullptr || !chain.blocked_ns || chain.flags.has(Flag::halt_poll)) {
    ++vm.unknown;
    return;
  }
  auto& windows = vm.windows[chain.who.tid];
  if (windows.empty()) {
    for (const std::uint64_t ceiling : kPollCeilings) {
      windows.emplace_back(settings_, ceiling);
    }
  }
  const std::uint64_t way = wake_delay->begin_ns - chain.begin_ns;  // from the event to the waking
  PollWindow::Sleep sleep;
  sleep.until_event_ns = is_own_timer(chain) ? *chain.blocked_ns - std::min(*chain.blocked_ns, way)
                                             : *chain.blocked_ns;
  sleep.halted_ns = *chain.blocked_ns + (wake_delay->end_ns - wake_delay->begin_ns);
  sleep.may_poll = std::ranges::none_of(
      wake_delay->blame, [](const Blame& blame) { return blame.kind == BlameKind::task; });
  const std::uint64_t spared = spared_by_polling(chain, *wake_delay);
  ++vm.sleeps;
  Slept slept{chain.end_ns - std::min(chain.end_ns, begin_ns_), chain.total_ns(), spared, 0};
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const PollWindow::Result result = windows[i].halt(sleep);
    vm.met[i] += result.met ? 1U : 0U;
    vm.burnt_ns[i] += result.burnt_ns;
    vm.totals[i].add(chain.total_ns() - (result.met ? spared : 0));
    slept.met |= (result.met ? 1U : 0U) << i;
  }
  if (vm.sleeps <= EffectSample::kMostWakes) {
    vm.slept.push_back(slept);
  } else {
    vm.slept = {};
  }
}

ChangeIntervals PollModel::change_by(const Vm& vm, std::size_t ceiling, Resampling& shared) {
  std::vector<ChangedWake> changed;
  changed.reserve(vm.slept.size());
  for (const Slept& one : vm.slept) {
    const bool met = (one.met >> ceiling & 1U) != 0;
    changed.push_back({one.at_ns, one.total_ns, one.total_ns - (met ? one.spared_ns : 0)});
  }
  return change_intervals(changed, shared);
}

std::vector<PollAdvice> PollModel::advice() const {
  // A step is worth it where it meets at least so many more of the sleeps.
  constexpr double kWorth = 0.05;
  std::vector<PollAdvice> out;
  for (const auto& [key, vm] : vms_) {
    PollAdvice& advice = out.emplace_back();
    std::tie(advice.vm, advice.vm_pid) = key;
    advice.vcpus = vm.windows.size();
    advice.unknown = vm.unknown;
    if (vm.sleeps == 0) {
      continue;
    }
    std::size_t knee = 0;
    for (std::size_t i = 0; i < kPollCeilings.size(); ++i) {
      advice.rows.push_back({kPollCeilings[i], vm.sleeps, vm.met[i],
                             latency_row(vm.totals[i], "total"), vm.burnt_ns[i],
                             ChangeIntervals{}});
      const double more = static_cast<double>(vm.met[i]) - static_cast<double>(vm.met[knee]);
      knee = more >= kWorth * static_cast<double>(vm.sleeps) ? i : knee;
    }
    for (PollRow& row : advice.rows) {
      row.total.vm = advice.vm;
      row.total.path = "*";
    }
    advice.knee = knee;
  }
  // Where not all can have intervals, those do whose wakes tell most.
  std::vector<std::pair<const Vm*, PollAdvice*>> by_sleeps;
  std::size_t wakes = 0;
  for (std::size_t i = 0; const auto& [key, vm] : vms_) {
    by_sleeps.emplace_back(&vm, &out[i++]);
    wakes += vm.slept.size();
  }
  std::ranges::stable_sort(by_sleeps, std::greater<>(),
                           [](const auto& one) { return one.first->sleeps; });
  Resampling shared(wakes);
  for (const auto& [vm, advice] : by_sleeps) {
    const std::size_t refused = shared.refused();
    for (std::size_t i = 1; i < advice->rows.size(); ++i) {
      advice->rows[i].change = change_by(*vm, i, shared);
    }
    advice->no_intervals = shared.refused() != refused;
  }
  return out;
}

}  // namespace wakepath::analysis
