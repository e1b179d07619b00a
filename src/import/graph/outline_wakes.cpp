// SPDX-License-Identifier: GPL-2.0-or-later
// GraphOutline: which steps make a wake.
#include <algorithm>
#include <utility>

#include "import/graph/outline.hpp"

namespace wakepath::foreign::graph {

namespace {

constexpr std::size_t kSteps = 65'536;
constexpr std::size_t kStepsOfWake = 1000;

}  // namespace

void GraphOutline::found(const std::optional<WakeJoiner::Found>& found, const Where& where,
                         const Thread& thread) {
  if (!found) {
    return;
  }
  Step* step = find(found->waking);
  if (step != nullptr) {
    step->step.who = thread.comm;
    step->step.who_tid = thread.tid;
  }
  const auto waking = wakings_.find(found->waking);
  if (waking == wakings_.end() || open_.size() >= kOpenWakes) {
    return;
  }
  Open open;
  open.origin = waking->second;
  open.waking = found->waking;
  open.waking_cpu = step == nullptr ? where.cpu : step->step.cpu;
  open.cpu = where.cpu;
  open.tid = thread.tid;
  open.comm = thread.comm;
  open.cause_seen = true;
  open_.push_back(std::move(open));
  wakings_.erase(waking);
}

// It has slept and runs, and no waking of it was seen.
void GraphOutline::unseen(const Where& where, const Thread& thread) {
  Open open;
  open.origin = Origin{last(), where.cpu, std::nullopt};
  open.waking = last();
  open.waking_cpu = where.cpu;
  open.cpu = where.cpu;
  open.tid = thread.tid;
  open.comm = thread.comm;
  if (open_.size() < kOpenWakes) {
    open_.push_back(std::move(open));
  }
}

void GraphOutline::leaves_cpu(const Where& where, const Thread& thread, bool blocked,
                              bool to_idle) {
  for (Open& open : open_) {
    if (open.end != 0) {
      continue;
    }
    if (!open.slept && blocked && open.tid == thread.tid) {
      open.slept = true;
      open.cpu = where.cpu;
      open.to_idle = to_idle;
      open.end = to_idle ? 0 : last();
    } else if (open.slept && open.cpu == where.cpu) {
      open.end = last() - 1;  // idle gave way before it slept
    }
  }
  complete_done();
}

void GraphOutline::switched(const Where& where, Thread& before, Thread& next, bool sleeps) {
  OutlineStep& step = add(where, before, OutlineKind::switched).step;
  step.who = next.comm;
  step.who_tid = next.tid;
  const bool blocked =
      sleeps && std::any_of(before.stack.begin(), before.stack.end(),
                            [](const Frame& frame) { return frame.role == Role::kvm_block; });
  leaves_cpu(where, before, blocked, next.tid.value_or(1) == 0);
  const bool asleep = wakes_.is_sleeping_vcpu(next);
  const auto waking = wakes_.switched(where, before, next, sleeps);
  if (asleep && !waking) {
    unseen(where, next);
  } else {
    found(waking, where, next);
  }
}

void GraphOutline::named(std::uint32_t cpu, Thread& thread) {
  for (Step& step : steps_) {
    if (step.step.cpu == cpu && !step.step.tid) {
      step.step.task = thread.comm;
      step.step.tid = thread.tid;
    }
  }
}

void GraphOutline::lost(const TraceLoss& loss) {
  wakes_.forget();
  if (loss.cpu) {
    works_.forget(*loss.cpu);
  }
}

bool GraphOutline::belongs(const Step& step, std::uint64_t number, const Open& open) const {
  if (step.dropped) {
    return false;
  }
  const std::uint32_t cpu = step.step.cpu;
  const bool before = (cpu == open.origin.cpu || cpu == open.waking_cpu) && number <= open.waking;
  const bool after = cpu == open.cpu && (number >= open.waking || cpu == open.origin.cpu);
  if (!before && !after) {
    return false;
  }
  const Step& root = steps_[open.origin.from - gone_];
  if (number < root.end && cpu == open.origin.cpu) {
    return true;
  }
  if (step.in_interrupt) {
    return step.step.kind == OutlineKind::interrupt && step.step.level == 0;
  }
  const std::optional<std::uint32_t> tid = step.step.tid;
  return step.step.kind == OutlineKind::switched || number == open.waking ||
         (tid && (*tid == 0 || tid == open.tid || tid == open.origin.worker));
}

void GraphOutline::complete(Open& open) {
  OutlineWake wake;
  wake.vcpu = open.comm;
  wake.tid = open.tid;
  wake.cause_seen = open.cause_seen;
  wake.whole = open.end != 0;
  const std::uint64_t end = open.end == 0 ? last() : open.end;
  if (open.origin.from < gone_) {
    wake.left_out = gone_ - open.origin.from;
    open.origin.from = gone_;
  }
  for (std::uint64_t number = open.origin.from; number <= end; ++number) {
    const Step& step = *find(number);
    if (!belongs(step, number, open)) {
      continue;
    }
    if (wake.steps.size() < kStepsOfWake) {
      wake.steps.push_back(step.step);
    } else {
      ++wake.left_out;
    }
  }
  complete_.push_back(std::move(wake));
}

// With the sleep of the CPU known, if there is one.
void GraphOutline::complete_done() {
  for (auto open = open_.begin(); open != open_.end();) {
    const Step* last_step = open->end == 0 ? nullptr : find(open->end);
    const bool sleeps = last_step != nullptr && last_step->step.kind == OutlineKind::idle &&
                        last_step->end == UINT64_MAX;
    if (open->end != 0 && !sleeps) {
      complete(*open);
      open = open_.erase(open);
    } else {
      ++open;
    }
  }
}

void GraphOutline::finish() {
  for (auto& [step, origin] : wakings_) {
    Open open;
    open.origin = origin;
    open.waking = step;
    open.waking_cpu = find(step) == nullptr ? origin.cpu : find(step)->step.cpu;
    open.cpu = open.waking_cpu;
    open.cause_seen = true;
    open_.push_back(std::move(open));
  }
  wakings_.clear();
  for (Open& open : open_) {
    complete(open);
  }
  open_.clear();
}

std::vector<OutlineWake> GraphOutline::take() { return std::exchange(complete_, {}); }

void GraphOutline::trim() {
  if (steps_.size() < kSteps) {
    return;
  }
  // A wake that has not ended in all that is kept is shown as far as it is.
  while (!open_.empty() && open_.front().waking <= gone_) {
    complete(open_.front());
    open_.pop_front();
  }
  wakings_.erase(gone_);
  steps_.pop_front();
  ++gone_;
}

}  // namespace wakepath::foreign::graph
