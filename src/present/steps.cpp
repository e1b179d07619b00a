// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/steps.hpp"

#include <algorithm>

#include "present/interrupt_text.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

// "LEAD: NAME, by ACTOR". A name that is not known, or repeats another, is left out.
std::string step(std::string_view lead, const std::string& name, const std::string& actor) {
  std::string text(lead);
  if (!name.empty()) {
    text += ": " + name;
  }
  if (!actor.empty() && actor != name) {
    text += (name.empty() ? ": " : ", ") + actor;
  }
  return text;
}

}  // namespace

std::string StepNames::hop(HopKind kind, bool advance, const std::string& otherwise) {
  std::size_t& seen = seen_.at(static_cast<std::size_t>(kind));
  // The run of a hop whose delay was not seen is the first of its kind.
  seen = std::max<std::size_t>(seen + (advance ? 1 : 0), 1);
  std::size_t number = 0;
  for (const Hop& candidate : hops_) {
    if (candidate.kind == kind && ++number == seen) {
      return escape_terminal(candidate.name);
    }
  }
  return escape_terminal(otherwise);
}

std::string StepNames::irq(const Stage& stage) const {
  return interrupt_text(root_.irq_name.empty() ? stage.actor : root_.irq_name, root_.irq,
                        root_.interrupt.get());
}

std::string StepNames::begin_of(const Stage& stage) {
  std::string actor = escape_terminal(stage.actor);
  switch (stage.kind) {
    case StageKind::timer_latency:
      return step("timer expires",
                  escape_terminal(root_.function.empty() ? stage.actor : root_.function), "");
    case StageKind::irq_entry:
      return step("IRQ entry", irq(stage), "");
    case StageKind::timer_callback:
      return step("callback", actor.empty() ? escape_terminal(root_.function) : actor, "");
    case StageKind::softirq_delay:
      return step("softirq raised", hop(HopKind::softirq, true, stage.actor), "");
    case StageKind::softirq_run:
      return step("softirq runs", hop(HopKind::softirq, false, stage.actor), "");
    case StageKind::work_delay:
      return step("work queued", hop(HopKind::work, true, stage.actor), "");
    case StageKind::work_run:
      return step("work function", hop(HopKind::work, false, stage.actor), actor);
    case StageKind::task_delay:
      return step("task woken", actor, "");
    case StageKind::task_run:
      return step("switch to", actor, "");
    case StageKind::wake_delay:
      off_cpu_ = true;
      return step("vCPU woken", "", actor);
    case StageKind::deschedule:
      off_cpu_ = true;
      return step("the guest's deadline, its vCPU is not loaded", "", actor);
    case StageKind::poll_exit:
      return step("woken while halt polling", "", actor);
    case StageKind::vcpu_entry:
      return step(off_cpu_ ? "switch to the vCPU" : "vCPU goes on", "", actor);
  }
  return actor;
}

std::string mark_text(const Mark& mark) {
  std::string name = escape_terminal(mark.name);
  switch (mark.kind) {
    case MarkKind::irq_exit:
      return step("IRQ exit", name, "");
    case MarkKind::idle_exit:
      return "exit from idle";
    case MarkKind::waking:
      return step("woken", name, "");
    case MarkKind::wakeup:
      return step("on the run queue", name, "");
    case MarkKind::sched_in:
      return step("switch to", name, "");
    case MarkKind::migrated:
      return step("moved to this CPU", name, "");
    case MarkKind::preempted:
      return name.empty() ? "vCPU preempted" : "vCPU has to wait";
    case MarkKind::injection:
      return step("injection", name, "");
    case MarkKind::vcpu_wakeup:
      return "vCPU leaves its blocking loop";
    case MarkKind::guest_exit:
      return step("guest exit", name, "");
    case MarkKind::user_exit:
      return step("exit to user space", name, "");
    case MarkKind::sched_out:
      return "vCPU blocks";
    case MarkKind::idle:
      return "switch to idle";
  }
  return name;
}

}  // namespace wakepath::present
