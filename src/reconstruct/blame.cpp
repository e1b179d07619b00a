// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/blame.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "reconstruct/labels.hpp"

namespace wakepath::reconstruct {

namespace {

using Kind = Holder::Kind;

bool is_self(const Holder& holder, const StageBasis& basis) {
  const bool own_callback = holder.hrtimer == 0 || holder.hrtimer == basis.hrtimer;
  switch (holder.kind) {
    case Kind::task:
      return basis.self_tid != 0 && holder.tid == basis.self_tid;
    case Kind::hardirq:
    case Kind::ipi:
      return basis.self_in_irq && holder.action == basis.action && own_callback &&
             (holder.kind == Kind::ipi || holder.action == 0 || holder.number == basis.irq);
    case Kind::softirq:
      return basis.self_softirq == holder.number && own_callback;
    default:
      return false;
  }
}

// kernel/sched/rt.h: rt_prio(). Deadline tasks are below 0.
bool is_real_time(std::int32_t prio) {
  constexpr std::int32_t kRealTime = 100;
  return prio != kNoPrio && prio < kRealTime;
}

// kernel/sched: real-time throttling holds real-time threads alone, cpu.max the others.
Blame limit_of(std::int32_t prio) {
  return {BlameKind::limit,
          prio == kNoPrio      ? "bandwidth limit"
          : is_real_time(prio) ? "real-time throttling"
                               : "CPU bandwidth limit",
          0,
          {},
          {}};
}

Blame asleep() { return {BlameKind::unexplained, "asleep", 0, {}, {}}; }

// What the CPU did since a thread could run, and whether that shows that it may not run the thread:
// it has been awake, so it knows of the thread, and goes idle; or it knows of a real-time thread,
// and switches to one that is none.
class Turns {
 public:
  explicit Turns(const StageBasis& basis)
      : knows_(basis.waking_ns == 0), switched_(knows_), real_time_(is_real_time(basis.prio)) {}

  // The thread is woken, or comes from another CPU: this one has yet to hear of it.
  void begin_anew() {
    knows_ = false;
    switched_ = false;
    task_ = 0;
  }
  // The thread itself had the CPU.
  void ran() {
    knows_ = true;
    switched_ = true;
  }

  bool held(const Holder& holder) {
    switch (holder.kind) {
      case Kind::idle: {
        const bool held = knows_ && !holder.leaving_idle;
        knows_ = knows_ || holder.leaving_idle;
        switched_ = switched_ || knows_;
        return held;
      }
      case Kind::task:
        switched_ = switched_ || (task_ != 0 && task_ != holder.tid);
        task_ = holder.tid;
        knows_ = true;
        return switched_ && real_time_ && holder.prio != kNoPrio && !is_real_time(holder.prio);
      default:
        return false;
    }
  }

 private:
  bool knows_, switched_, real_time_;
  std::uint32_t task_{0};
};

std::uint32_t cpu_at(const Stage& stage, const StageBasis& basis, std::uint64_t time_ns) {
  std::uint32_t cpu = basis.first_cpu.value_or(stage.cpu);
  for (const CpuMove& move : basis.moves) {
    cpu = move.since_ns <= time_ns ? move.cpu : cpu;
  }
  return cpu;
}

}  // namespace

template <typename Visit>
bool Blamer::visit(std::uint32_t cpu, std::uint64_t begin_ns, std::uint64_t end_ns,
                   Visit visit) const {
  if (begin_ns >= end_ns) {
    return true;
  }
  const bool is_known = cpu < timelines_.size();
  const auto allows = [this](std::uint64_t changes) { return budget_.spend(changes); };
  if (is_known && timelines_[cpu].visit(begin_ns, end_ns, allows, visit)) {
    return true;
  }
  visit(CpuTimeline::Span{begin_ns, end_ns, Holder{}});
  return !is_known;
}

Blame Blamer::name(const Holder& holder, const StageBasis& basis, std::uint64_t at_ns) const {
  Blame blame;
  if (is_self(holder, basis)) {
    blame.kind = BlameKind::self;
    return blame;
  }
  switch (holder.kind) {
    case Kind::task: {
      blame.kind = BlameKind::task;
      const ThreadState* thread = threads_.find(holder.tid);
      blame.what = thread == nullptr ? "" : thread->comm;
      if (blame.what.empty()) {
        const VcpuThread* vcpu = facts_.vcpu(holder.tid, at_ns);
        blame.what = vcpu == nullptr ? fmt::format("tid {}", holder.tid) : vcpu->comm;
      }
      blame.tid = holder.tid;
      if (holder.prio != kNoPrio) {
        blame.prio = holder.prio;
      }
      break;
    }
    case Kind::idle:
      blame.kind = BlameKind::idle_exit;
      blame.what =
          holder.number == kNoIdleState ? "idle" : "idle state " + std::to_string(holder.number);
      break;
    case Kind::hardirq: {
      const IrqAction* action = facts_.irq(holder.action);
      blame.kind = BlameKind::hardirq;
      blame.what = action != nullptr    ? action->name()
                   : holder.action != 0 ? fmt::format("irq {}", holder.number)
                                        : "local_timer";
      if (action != nullptr && action->interrupt->irq == holder.number) {
        blame.interrupt = action->interrupt;
      }
      break;
    }
    case Kind::ipi:
      blame.kind = BlameKind::ipi;
      blame.what = ipi_label(holder.number);
      break;
    case Kind::softirq:
      blame.kind = BlameKind::softirq;
      blame.what = softirq_label(holder.number);
      break;
    case Kind::unknown:
      blame.kind = BlameKind::unexplained;
      break;
  }
  if (holder.hrtimer != 0) {
    blame.what.append(": ").append(facts_.function(holder.function));
  }
  return blame;
}

Blame Blamer::other_work(const Holder& holder, const StageBasis& basis, std::uint64_t at_ns) const {
  Blame blame = name(holder, {}, at_ns);
  blame.what.append(": ").append(facts_.function(basis.other_function));
  return blame;
}

void Blamer::blame(Stage& stage, const StageBasis& basis, std::uint64_t in_flight_until_ns) {
  // Less may be the thread's way from CPU to CPU, or a turn that each signal takes.
  constexpr std::uint64_t kLeastHeld = 50'000;
  list_.begin(stage.blame);
  Turns turns(basis);
  std::uint64_t held_ns = 0, user_ns = 0;
  CpuTimeline::Span held;  // the last of them
  const auto on_cpu = [&](std::uint64_t begin_ns, std::uint64_t end_ns, bool sleeps) {
    // Piece by piece where the thread that is waited for was moved from CPU to CPU.
    for (std::uint64_t at = begin_ns; at < end_ns;) {
      const auto next = std::find_if(basis.moves.begin(), basis.moves.end(),
                                     [&](const CpuMove& move) { return move.since_ns > at; });
      const std::uint64_t until =
          next == basis.moves.end() ? end_ns : std::min(end_ns, next->since_ns);
      visit(cpu_at(stage, basis, at), at, until, [&](const CpuTimeline::Span& span) {
        const bool self = is_self(span.holder, basis);
        const bool own = self && span.holder.kind == Kind::task;
        const std::uint64_t ns = span.end_ns - span.begin_ns;
        const auto named = [&] { return name(span.holder, basis, span.begin_ns); };
        if (own) {
          turns.ran();
        } else if (sleeps) {
          if (span.holder.kind == Kind::idle) {
            list_.add_asleep(asleep(), ns);
          } else {
            list_.add_asleep(list_.known(span.holder), ns, named);
          }
          return;
        }
        const bool ready = basis.ready_ns != 0 && span.begin_ns >= basis.ready_ns;
        if (!own && ready && turns.held(span.holder)) {
          held = span;
          held_ns += ns;
          return;
        }
        // The idle CPU did not know yet that it was wanted.
        const bool flies = span.holder.kind == Kind::idle && span.begin_ns >= basis.waking_ns;
        const std::uint64_t landed =
            flies ? std::clamp(in_flight_until_ns, span.begin_ns, span.end_ns) : span.begin_ns;
        if (landed != span.begin_ns) {
          list_.add({BlameKind::ipi, "in flight", 0, {}, {}}, landed - span.begin_ns);
        }
        const std::uint64_t user = self && span.end_ns > basis.user_since_ns
                                       ? span.end_ns - std::max(landed, basis.user_since_ns)
                                       : 0;
        const std::uint64_t other = self && landed < basis.other_until_ns
                                        ? std::min(span.end_ns, basis.other_until_ns) - landed
                                        : 0;
        user_ns += user;
        if (other != 0) {
          list_.add(other_work(span.holder, basis, landed), other);
        }
        list_.add(list_.known(span.holder), span.end_ns - landed - user - other, named);
      });
      if (until != end_ns) {
        turns.begin_anew();
      }
      at = until;
    }
  };
  std::uint64_t at = stage.begin_ns;
  for (const SleepSpan& sleep : basis.sleeps) {
    const std::uint64_t from = std::clamp(sleep.begin_ns, at, stage.end_ns);
    const std::uint64_t to =
        sleep.end_ns == 0 ? stage.end_ns : std::clamp(sleep.end_ns, from, stage.end_ns);
    on_cpu(at, from, false);
    switch (sleep.kind) {
      case SleepSpan::Kind::in_function:
        list_.add(asleep(), to - from);
        break;
      case SleepSpan::Kind::on_its_way:
        on_cpu(from, to, true);
        break;
      case SleepSpan::Kind::frozen:
        list_.add({BlameKind::limit, "freezer", 0, {}, {}}, to - from);
        break;
    }
    turns.begin_anew();
    at = to;
  }
  on_cpu(at, stage.end_ns, false);
  if (user_ns != 0) {
    list_.add({BlameKind::self, user_ns >= kLeastHeld ? "VMM" : "", 0, {}, {}}, user_ns);
  }
  if (held_ns != 0) {
    list_.add(
        held_ns >= kLeastHeld ? limit_of(basis.prio) : name(held.holder, basis, held.begin_ns),
        held_ns);
  }
}

// [waking, sched_in] of the thread that the stage waits for: how long the CPU that it was woken to
// did not know of it, then left its idle state, or else how long it waited behind others.
std::uint64_t Blamer::split_wait(Stage& stage, const StageBasis& basis) const {
  const std::uint64_t end_ns = std::min(basis.sched_in_ns, stage.end_ns);
  if (basis.waking_ns == 0 || basis.waking_ns < stage.begin_ns || basis.waking_ns >= end_ns) {
    return 0;
  }
  const std::uint32_t cpu = cpu_at(stage, basis, basis.waking_ns);
  const bool remote = cpu != basis.waking_cpu;
  const Holder at_waking = cpu < timelines_.size() ? timelines_[cpu].at(basis.waking_ns) : Holder{};
  if (at_waking.kind == Kind::unknown) {
    return 0;
  }
  const bool was_idle = at_waking.idle_below;
  bool in_idle = was_idle, leaves = false;
  bool in_flight =
      remote && (!was_idle || (at_waking.kind == Kind::idle && !at_waking.leaving_idle));
  std::uint64_t landed_ns = basis.waking_ns, left_idle_ns = basis.waking_ns;
  std::uint32_t state = kNoIdleState;
  const bool seen = visit(cpu, basis.waking_ns, end_ns, [&](const CpuTimeline::Span& span) {
    // Once it has left its idle state, it goes idle because it may not run the thread.
    in_idle = in_idle && span.holder.idle_below &&
              !(leaves && span.holder.kind == Kind::idle && !span.holder.leaving_idle);
    leaves = leaves || span.holder.leaving_idle;
    if (in_idle) {
      left_idle_ns = span.end_ns;
      state = span.holder.kind == Kind::idle ? span.holder.number : state;
    }
    if (was_idle) {
      // Whatever it does next, it does because it was told, or anyway.
      in_flight = in_flight && span.holder == at_waking;
      landed_ns = in_flight ? span.end_ns : landed_ns;
    } else if (in_flight && span.holder.kind == Kind::ipi) {
      in_flight = false;
      landed_ns = span.begin_ns;
    }
  });
  if (!seen) {
    return 0;  // how the wait divides is not known
  }
  const auto add = [&](const char* name, std::uint64_t from, std::uint64_t to, bool of_idle) {
    if (to > from) {
      const bool told = of_idle && state != kNoIdleState;
      stage.sub.push_back({name, from, to, told ? std::optional(state) : std::nullopt});
    }
  };
  left_idle_ns = std::max(left_idle_ns, landed_ns);
  add(kIpiFlight, basis.waking_ns, landed_ns, was_idle);
  add(kIdleExit, landed_ns, was_idle ? left_idle_ns : landed_ns, true);
  add(kRunQueueDelay, left_idle_ns, end_ns, false);
  return was_idle ? landed_ns : 0;
}

void Blamer::explain(Stage& stage, const StageBasis& basis) {
  const std::uint64_t in_flight_until_ns = split_wait(stage, basis);
  blame(stage, basis, in_flight_until_ns);
}

}  // namespace wakepath::reconstruct
