// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/cpu_context.hpp"

#include <algorithm>
#include <utility>

namespace wakepath::reconstruct {

namespace {

constexpr std::int32_t kIrqWakeThread = 2;  // IRQ_WAKE_THREAD, include/linux/irqreturn.h

bool is_hard(std::uint8_t context) {
  return (context & (WP_CONTEXT_HARDIRQ | WP_CONTEXT_NMI)) != 0;
}

}  // namespace

void CpuContext::note(MarkKind kind, std::uint64_t at_ns) {
  moments_[noted_++ % moments_.size()] = {kind, at_ns};
}

void CpuContext::begin(const Event& event) {
  if (event.kind != WP_EVENT_WAKING) {
    wakes_thread_.reset();
  }
}

void CpuContext::forget() {
  changed_ = true;
  frames_.clear();
  wakes_thread_.reset();
  tid_.reset();
  below_known_ = false;
  raised_.fill(std::nullopt);
}

void CpuContext::pop_to(FrameKind kind, std::uint32_t number) {
  const auto found = std::find_if(frames_.rbegin(), frames_.rend(), [&](const Frame& frame) {
    return frame.kind == kind && frame.number == number;
  });
  if (found != frames_.rend()) {
    changed_ = true;
    frames_.erase(std::prev(found.base()), frames_.end());
  }
}

// Interrupts nest a few deep. What never ends is one whose end was not seen.
void CpuContext::push(Frame frame) {
  constexpr std::size_t kDeepest = 64;
  if (frames_.size() == kDeepest) {
    frames_.erase(frames_.begin());
  }
  frames_.push_back(std::move(frame));
}

void CpuContext::irq_entry(const Event& event) {
  changed_ = true;
  Frame frame;
  frame.kind = FrameKind::irq;
  frame.entry_ns = event.time_ns;
  frame.number = event.payload.irq.irq;
  frame.action = event.payload.irq.action;
  push(std::move(frame));
}

void CpuContext::irq_exit(const Event& event) {
  const wp_irq& irq = event.payload.irq;
  if ((irq.ret & kIrqWakeThread) != 0 && !frames_.empty() &&
      frames_.back().kind == FrameKind::irq && frames_.back().number == irq.irq) {
    wakes_thread_ = frames_.back();
  }
  pop_to(FrameKind::irq, event.payload.irq.irq);
  note(MarkKind::irq_exit, event.time_ns);
}

void CpuContext::vector_entry(const Event& event) {
  changed_ = true;
  Frame frame;
  frame.kind = FrameKind::vector;
  frame.entry_ns = event.time_ns;
  frame.number = event.payload.vector.vector;
  push(std::move(frame));
}

void CpuContext::vector_exit(const Event& event) {
  pop_to(FrameKind::vector, event.payload.vector.vector);
  note(MarkKind::irq_exit, event.time_ns);
}

// On arm64 an IPI is an interrupt with a handler since 5.10; before, this is all that is traced of
// it (handle_IPI, arch/arm64/kernel/smp.c).
bool CpuContext::ipi_entry(const Event& event) {
  changed_ = true;
  const bool in_its_irq = !frames_.empty() && frames_.back().kind == FrameKind::irq;
  if (!in_its_irq) {
    Frame frame;
    frame.kind = FrameKind::ipi;
    frame.entry_ns = event.time_ns;
    push(std::move(frame));
  }
  frames_.back().ipi = true;
  frames_.back().ipi_reason = event.payload.ipi.reason;
  return in_its_irq;
}

void CpuContext::ipi_exit(const Event& event) {
  if (!frames_.empty() && frames_.back().kind == FrameKind::ipi) {
    pop_to(FrameKind::ipi, 0);
    note(MarkKind::irq_exit, event.time_ns);
  }
}

void CpuContext::hrtimer_entry(const Event& event) {
  changed_ = true;
  if (frames_.empty()) {
    Frame bare;
    bare.kind = FrameKind::bare;
    push(std::move(bare));
  }
  Frame& frame = frames_.back();
  const wp_hrtimer_expire& timer = event.payload.hrtimer;
  // Unsigned, because a hostile file may hold any numbers.
  const auto expiry = static_cast<std::int64_t>(static_cast<std::uint64_t>(timer.softexpires) -
                                                static_cast<std::uint64_t>(timer.base_offset));
  frame.timer = true;
  frame.acted = false;
  frame.hrtimer = timer.timer;
  frame.function = timer.function;
  frame.expiry_ns = expiry > 0 ? static_cast<std::uint64_t>(expiry) : 0;
  frame.callback_ns = event.time_ns;
}

bool CpuContext::hrtimer_exit(const Event& event) {
  if (frames_.empty() || !frames_.back().timer ||
      frames_.back().hrtimer != event.payload.hrtimer.timer) {
    return false;
  }
  changed_ = true;
  const bool acted = frames_.back().acted;
  if (frames_.back().kind == FrameKind::bare) {
    frames_.pop_back();
  } else {
    frames_.back().timer = false;
  }
  return !acted;
}

void CpuContext::softirq_raise(const Event& event, CausePtr by) {
  const std::uint32_t vector = event.payload.softirq.vector;
  if (vector < kSoftirqs && !raised_[vector]) {
    raised_[vector] = Raised{event.time_ns, std::move(by)};
  }
}

void CpuContext::softirq_entry(const Event& event) {
  const std::uint32_t vector = event.payload.softirq.vector;
  if (vector >= kSoftirqs) {
    return;
  }
  Frame frame;
  frame.kind = FrameKind::softirq;
  frame.tid = event.tid;
  frame.entry_ns = event.time_ns;
  frame.number = vector;
  // 1, not 0, where there was none: the raise rests on all that came since the capture began.
  frame.served_before_ns = std::max<std::uint64_t>(served_ns_[vector], 1);
  served_ns_[vector] = event.time_ns;
  if (raised_[vector]) {
    frame.raised_ns = raised_[vector]->at_ns;
    frame.raised_by = std::move(raised_[vector]->by);
    raised_[vector].reset();
  }
  changed_ = true;
  push(std::move(frame));
}

void CpuContext::softirq_exit(const Event& event) {
  pop_to(FrameKind::softirq, event.payload.softirq.vector);
}

void CpuContext::cpu_idle(const Event& event) {
  changed_ = true;
  if (event.payload.cpu_idle.state == WP_IDLE_EXIT) {
    note(MarkKind::idle_exit, event.time_ns);
    leaving_idle_ = true;
  } else {
    idle_state_ = event.payload.cpu_idle.state;
    leaving_idle_ = false;
  }
}

void CpuContext::current_task(std::uint32_t tid) {
  if (tid_ != tid) {
    switched_to(tid, kNoPrio);
  }
}

void CpuContext::switched_to(std::uint32_t tid, std::int32_t prio) {
  changed_ = true;
  tid_ = tid;
  prio_ = prio;
  idle_state_ = kNoIdleState;
  leaving_idle_ = false;
}

Holder CpuContext::holder() const {
  Holder holder;
  holder.idle_below = tid_ == 0U;
  const auto innermost = std::find_if(frames_.rbegin(), frames_.rend(), [&](const Frame& frame) {
    return frame.kind != FrameKind::softirq || frame.tid == tid_;
  });
  if (innermost == frames_.rend()) {
    if (tid_ && below_known_) {
      holder.kind = *tid_ == 0 ? Holder::Kind::idle : Holder::Kind::task;
      holder.tid = *tid_;
      holder.prio = *tid_ == 0 ? kNoPrio : prio_;
      holder.number = *tid_ == 0 ? idle_state_ : 0;
      holder.leaving_idle = *tid_ == 0 && leaving_idle_;
    }
    return holder;
  }
  const Frame& frame = *innermost;
  holder.kind = frame.kind == FrameKind::softirq ? Holder::Kind::softirq
                : frame.ipi                      ? Holder::Kind::ipi
                                                 : Holder::Kind::hardirq;
  holder.number = frame.ipi ? frame.ipi_reason : frame.number;
  holder.action = frame.action;
  if (frame.timer) {
    holder.hrtimer = frame.hrtimer;
    holder.function = frame.function;
  }
  return holder;
}

std::shared_ptr<Cause> CpuContext::interrupt_cause(const Event& event, bool& unknown) {
  unknown = false;
  if (const auto frame = std::exchange(wakes_thread_, std::nullopt);
      frame && is_hard(event.context)) {
    return cause_of(*frame, event.time_ns);
  }
  if ((event.context & WP_CONTEXT_KNOWN) != 0) {
    const bool hard = is_hard(event.context);
    const bool soft = (event.context & WP_CONTEXT_SOFTIRQ) != 0;
    if (!hard && !soft) {
      in_task();
    }
    while (!frames_.empty() && !hard && (frames_.back().kind != FrameKind::softirq || !soft)) {
      changed_ = true;
      frames_.pop_back();
    }
    const bool seen = !frames_.empty() && (frames_.back().kind != FrameKind::softirq || !hard);
    unknown = (hard || soft) && !seen;
  }
  if (unknown || frames_.empty()) {
    return nullptr;
  }
  frames_.back().acted = true;
  return cause_of(frames_.back(), event.time_ns);
}

std::shared_ptr<Cause> CpuContext::cause_of(const Frame& frame, std::uint64_t now_ns) const {
  auto cause = std::make_shared<Cause>();
  cause->cpu = cpu_;
  cause->acted_ns = now_ns;
  cause->entry_ns = frame.entry_ns;
  if (frame.timer) {
    cause->hrtimer = frame.hrtimer;
    cause->function = frame.function;
    cause->expiry_ns = frame.expiry_ns;
    cause->callback_ns = frame.callback_ns;
  }
  switch (frame.kind) {
    case FrameKind::softirq:
      cause->kind = HopKind::softirq;
      cause->vector = frame.number;
      cause->requested_ns = frame.raised_ns;
      cause->rests_on_ns = frame.served_before_ns;
      cause->parent = frame.raised_by;
      cause->depth = frame.raised_by ? frame.raised_by->depth + 1 : 1;
      cause->broken = frame.raised_by == nullptr;
      break;
    case FrameKind::irq:
      cause->kind = frame.timer ? HopKind::timer : frame.ipi ? HopKind::ipi : HopKind::irq;
      cause->has_irq = frame.number != WP_IRQ_UNKNOWN;
      cause->irq = frame.number;
      cause->action = frame.action;
      cause->guest_timer = frame.guest_timer;
      cause->vector = frame.ipi_reason;
      break;
    case FrameKind::ipi:
      cause->kind = frame.timer ? HopKind::timer : HopKind::ipi;
      cause->vector = frame.ipi_reason;
      break;
    case FrameKind::vector:
    case FrameKind::bare:
      cause->kind = frame.timer ? HopKind::timer : HopKind::irq;
      break;
  }
  return cause;
}

std::optional<std::uint64_t> CpuContext::moment(Which which, MarkKind kind, std::uint64_t begin_ns,
                                                std::uint64_t end_ns) const {
  std::optional<std::uint64_t> found;
  const std::uint64_t forgotten = noted_ - std::min(noted_, kMoments);
  for (std::uint64_t i = noted_; i-- > forgotten;) {
    const Moment& moment = moments_[i % kMoments];
    if (moment.at_ns < begin_ns || (found && which == Which::last)) {
      break;
    }
    if (moment.kind == kind && moment.at_ns <= end_ns) {
      found = moment.at_ns;
    }
  }
  return found;
}

}  // namespace wakepath::reconstruct
