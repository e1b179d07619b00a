// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/contradictions.hpp"

#include <algorithm>
#include <utility>

namespace wakepath::foreign {

namespace {

// A rule that was kept less often has no proof in the trace.
constexpr std::uint64_t kLeastHeld = 16;
constexpr std::uint64_t kHeldPerBroken = 8;
// A hostile trace may have as many threads and timers as it likes.
constexpr std::size_t kMost = 200'000;

// What only a thread does, whatever the trace says of its context.
bool is_of_a_task(wp_event_kind kind) {
  switch (kind) {
    case WP_EVENT_SWITCH:
    case WP_EVENT_KVM_ENTRY:
    case WP_EVENT_KVM_EXIT:
    case WP_EVENT_KVM_VCPU_WAKEUP:
    case WP_EVENT_KVM_USERSPACE_EXIT:
    case WP_EVENT_WORK_START:
    case WP_EVENT_WORK_END:
    case WP_EVENT_KTHREAD_WORK_START:
    case WP_EVENT_KTHREAD_WORK_END:
    case WP_EVENT_CPU_IDLE:
    case WP_EVENT_TASK_EXIT:
      return true;
    default:
      return false;
  }
}

}  // namespace

Contradictions::Cpu& Contradictions::cpu(std::uint32_t number) {
  if (number >= cpus_.size()) {
    cpus_.resize(number + std::size_t{1});
  }
  return cpus_[number];
}

void Contradictions::foresee(const Contradictions& look, bool whole) {
  foreseen_ = look.counts_;
  foreseen_spans_ = look.spans_;
  foreseen_any_ = true;
  foreseen_whole_ = whole;
  most_begun_ = look.begun_;
  some_missing_ = look.unseen_ != 0;
}

void Contradictions::names(std::uint32_t number) {
  if (number >= WP_MAX_CPUS || (number < named_.size() && named_[number])) {
    return;
  }
  if (number >= named_.size()) {
    named_.resize(number + std::size_t{1});
  }
  named_[number] = true;
  unseen_ += cpu(number).begun ? 0U : 1U;
}

bool Contradictions::sees_all_cpus() const {
  return one_clock_ && !some_missing_ && begun_ >= most_begun_ && (foreseen_any_ || unseen_ == 0);
}

// What was known before a loss, on whatever CPU, may be over.
Contradictions::Thread& Contradictions::thread(std::uint32_t tid) {
  if (threads_.size() >= kMost) {
    threads_.clear();
  }
  Thread& thread = threads_[tid];
  if (thread.losses != losses_) {
    thread = Thread{};
    thread.losses = losses_;
  }
  return thread;
}

void Contradictions::lost(std::optional<std::uint32_t> number) {
  const auto forget = [](Cpu& of) {
    const bool begun = of.begun;
    of = Cpu{};
    of.begun = begun;
  };
  if (number && *number < WP_MAX_CPUS) {
    forget(cpu(*number));
  } else {
    std::ranges::for_each(cpus_, forget);
  }
  ++losses_;
}

void Contradictions::holds(Rule rule) {
  const auto at = static_cast<std::size_t>(rule);
  ++counts_[at].held;
  if (now_cpu_ >= spans_.size()) {
    spans_.resize(now_cpu_ + std::size_t{1});
  }
  Span& span = spans_[now_cpu_][at];
  span.first_ns = std::min(span.first_ns, now_ns_);
  span.last_ns = now_ns_;
}

bool Contradictions::is_recorded_now(Rule rule) const {
  if (!foreseen_any_) {
    return true;
  }
  if (now_cpu_ >= foreseen_spans_.size()) {
    return false;
  }
  const Span& span = foreseen_spans_[now_cpu_][static_cast<std::size_t>(rule)];
  return span.first_ns <= now_ns_ &&
         (!foreseen_whole_ || !events_end_one_by_one_ || now_ns_ <= span.last_ns);
}

// Whichever CPU woke a thread or set a timer.
bool Contradictions::may_be_anywhere(Rule rule) {
  switch (rule) {
    case Rule::timer_start:
    case Rule::timer_armed:
    case Rule::timer_cancel:
    case Rule::woken_once:
    case Rule::woken:
      return true;
    default:
      return false;
  }
}

void Contradictions::breaks(Rule rule, std::uint64_t since_ns) {
  const auto at = static_cast<std::size_t>(rule);
  const Count& count = counts_[at].held < foreseen_[at].held ? foreseen_[at] : counts_[at];
  const bool keeps = count.held >= kLeastHeld && count.broken * kHeldPerBroken <= count.held &&
                     is_recorded_now(rule);
  ++counts_[at].broken;
  if (keeps) {
    found_ = std::min(found_.value_or(since_ns), since_ns);
    elsewhere_ = elsewhere_ || may_be_anywhere(rule);
  }
}

std::optional<std::uint64_t> Contradictions::event(const Event& event, const Told& told) {
  found_.reset();
  elsewhere_ = false;
  step(event, told);
  const auto found = found_;
  const bool elsewhere = elsewhere_;
  if (found) {
    lost(event.cpu);
    step(event, told);
  }
  elsewhere_ = elsewhere;
  cpus_[event.cpu].last_ns = event.time_ns;
  return found;
}

void Contradictions::begins(Rule rule, Pair& pair, std::uint64_t what, std::uint64_t now_ns) {
  if (pair.state == Pair::State::open) {
    breaks(rule, pair.at_ns);
  }
  pair = {Pair::State::open, false, what, now_ns};
}

void Contradictions::ends(Rule rule, Pair& pair, std::uint64_t what, std::uint64_t now_ns) {
  if (pair.state == Pair::State::closed || (pair.state == Pair::State::open && pair.what != what)) {
    breaks(rule, pair.at_ns);
  } else if (pair.state == Pair::State::open) {
    holds(rule);
  }
  pair = {Pair::State::closed, false, what, now_ns};
}

void Contradictions::inside(Rule rule, Pair& pair, std::uint64_t now_ns) {
  if (pair.state == Pair::State::open && !pair.doubted) {
    holds(rule);
    pair.at_ns = now_ns;
  }
}

void Contradictions::outside(Rule rule, Pair& pair, std::uint64_t now_ns) {
  if (pair.state != Pair::State::open) {
    pair.state = Pair::State::closed;
    pair.at_ns = now_ns;
  } else if (!pair.doubted) {
    pair.doubted = true;
    breaks(rule, pair.at_ns);
  }
}

void Contradictions::step(const Event& event, const Told& told) {
  x86_ = x86_ || told.x86;
  now_cpu_ = event.cpu;
  now_ns_ = event.time_ns;
  Cpu& on = cpu(event.cpu);
  if (told.cancelled != 0) {
    on.open_ns = std::max(on.open_ns, told.open_ns);
    return timer_cancelled(on, event, told.cancelled);
  }
  if (!std::exchange(on.begun, true)) {
    ++begun_;
    unseen_ -= event.cpu < named_.size() && named_[event.cpu] ? 1U : 0U;
    names(event.cpu);
  }
  if ((event.context & WP_CONTEXT_NMI) != 0) {
    return;
  }
  levels(on, event);
  current_task(on, event, told);
  on.open_ns = std::max(on.open_ns, told.open_ns);
  switch (event.kind) {
    case WP_EVENT_IRQ_ENTRY:
    case WP_EVENT_IRQ_EXIT:
    case WP_EVENT_VECTOR_ENTRY:
    case WP_EVENT_VECTOR_EXIT:
    case WP_EVENT_IPI_ENTRY:
    case WP_EVENT_IPI_EXIT:
    case WP_EVENT_SOFTIRQ_ENTRY:
    case WP_EVENT_SOFTIRQ_EXIT:
    case WP_EVENT_CPU_IDLE:
      interrupt(on, event);
      break;
    case WP_EVENT_HRTIMER_START:
    case WP_EVENT_HRTIMER_EXPIRE_ENTRY:
    case WP_EVENT_HRTIMER_EXPIRE_EXIT:
      timer(on, event, told);
      break;
    case WP_EVENT_WORK_START:
    case WP_EVENT_KTHREAD_WORK_START:
      begins(Rule::work, thread(event.tid).work, event.payload.work.work, event.time_ns);
      break;
    case WP_EVENT_WORK_END:
    case WP_EVENT_KTHREAD_WORK_END:
      ends(Rule::work, thread(event.tid).work, event.payload.work.work, event.time_ns);
      break;
    case WP_EVENT_KVM_ENTRY:
    case WP_EVENT_KVM_EXIT:
    case WP_EVENT_KVM_VCPU_WAKEUP:
    case WP_EVENT_KVM_USERSPACE_EXIT:
      kvm(event, told);
      break;
    case WP_EVENT_SWITCH:
      switched(on, event);
      break;
    case WP_EVENT_WAKING:
      woken(event);
      break;
    case WP_EVENT_TASK_EXIT:
      threads_.erase(event.payload.task_exit.tid);
      break;
    default:
      break;
  }
}

// Until the next thread acts, the kernel is still busy with the switch, as the one before, and
// takes no interrupts.
void Contradictions::current_task(Cpu& on, const Event& event, const Told& told) {
  const bool switches =
      event.tid == on.outgoing && told.open_ns <= on.switch_ns && !is_of_a_task(event.kind);
  if (on.knows_task && event.tid == on.tid) {
    if (on.switched) {
      holds(Rule::task);
    }
    on.switched = false;
    on.outgoing.reset();
  } else if (on.knows_task && !switches) {
    breaks(Rule::task, event.tid == on.outgoing ? on.switch_ns : on.last_ns);
    on.switched = false;
    on.outgoing.reset();
    on.tid = event.tid;
  } else if (!on.knows_task) {
    on.knows_task = true;
    on.tid = event.tid;
  }
}

void Contradictions::levels(Cpu& on, const Event& event) {
  const std::uint64_t now = event.time_ns;
  const wp_event_kind kind = event.kind;
  const bool task = is_of_a_task(kind);
  const bool of_softirq = kind == WP_EVENT_SOFTIRQ_ENTRY || kind == WP_EVENT_SOFTIRQ_EXIT;
  const bool known = (event.context & WP_CONTEXT_KNOWN) != 0;
  const bool hard = known && (event.context & WP_CONTEXT_HARDIRQ) != 0;
  if (!known && !task && !of_softirq) {
    return;
  }
  const auto level = [now](Contradictions& me, Rule rule, Pair& pair, bool in) {
    in ? me.inside(rule, pair, now) : me.outside(rule, pair, now);
  };
  if (kind != WP_EVENT_IRQ_ENTRY && kind != WP_EVENT_IRQ_EXIT) {
    level(*this, Rule::irq_inside, on.irq, hard);
  }
  if (kind != WP_EVENT_VECTOR_ENTRY && kind != WP_EVENT_VECTOR_EXIT) {
    level(*this, Rule::vector_inside, on.vector, hard);
  }
  if (kind != WP_EVENT_IPI_ENTRY && kind != WP_EVENT_IPI_EXIT) {
    level(*this, Rule::ipi_inside, on.ipi, hard);
  }
  const bool of_timer =
      kind == WP_EVENT_HRTIMER_EXPIRE_ENTRY || kind == WP_EVENT_HRTIMER_EXPIRE_EXIT;
  if (!of_timer) {
    level(*this, Rule::timer_inside, on.hard_timer, hard);
  }
  // A hard interrupt says nothing of what it interrupted.
  if (!hard) {
    const bool soft = known && (event.context & WP_CONTEXT_SOFTIRQ) != 0;
    if (!of_softirq) {
      level(*this, Rule::softirq_inside, on.softirq, soft);
    }
    if (!of_timer) {
      level(*this, Rule::timer_inside, on.soft_timer, soft);
    }
  }
}

void Contradictions::interrupt(Cpu& on, const Event& event) {
  const std::uint64_t now = event.time_ns;
  const auto& payload = event.payload;
  switch (event.kind) {
    case WP_EVENT_IRQ_ENTRY:
      on.earlier_pass_ns = on.pass_ns;
      return begins(Rule::irq, on.irq, payload.irq.irq, now);
    case WP_EVENT_IRQ_EXIT:
      return ends(Rule::irq, on.irq, payload.irq.irq, now);
    case WP_EVENT_VECTOR_ENTRY:
      on.earlier_pass_ns = on.pass_ns;
      return begins(Rule::vector, on.vector, payload.vector.vector, now);
    case WP_EVENT_VECTOR_EXIT:
      return ends(Rule::vector, on.vector, payload.vector.vector, now);
    case WP_EVENT_IPI_ENTRY:
      return begins(Rule::ipi, on.ipi, payload.ipi.reason, now);
    case WP_EVENT_IPI_EXIT:
      return ends(Rule::ipi, on.ipi, payload.ipi.reason, now);
    case WP_EVENT_SOFTIRQ_ENTRY:
      return begins(Rule::softirq, on.softirq, payload.softirq.vector, now);
    case WP_EVENT_SOFTIRQ_EXIT:
      return ends(Rule::softirq, on.softirq, payload.softirq.vector, now);
    default:
      return payload.cpu_idle.state == WP_IDLE_EXIT ? ends(Rule::idle, on.idle, 0, now)
                                                    : begins(Rule::idle, on.idle, 0, now);
  }
}

}  // namespace wakepath::foreign
