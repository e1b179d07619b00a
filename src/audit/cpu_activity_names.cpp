// SPDX-License-Identifier: GPL-2.0-or-later
// What ran, told with the names that the stream gave by its end.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "audit/cpu_activity.hpp"
#include "reconstruct/labels.hpp"

namespace wakepath::audit {
namespace {

// kernel/time/tick-sched.c: the second since Linux 6.9.
bool is_tick(std::string_view function) {
  return function == "tick_sched_timer" || function == "tick_nohz_handler";
}

}  // namespace

std::string CpuActivity::thread_text(std::uint32_t tid) const {
  const auto thread = threads_.find(tid);
  return thread == threads_.end() || thread->second.comm.empty() ? fmt::format("tid {}", tid)
                                                                 : thread->second.comm;
}

std::string CpuActivity::asker_text(const Asker& by) const {
  return by.irq         ? fmt::format("irq {} on CPU {}", *by.irq, by.cpu)
         : by.interrupt ? fmt::format("an interrupt or timer on CPU {}", by.cpu)
         : by.tid == 0  ? fmt::format("idle CPU {}", by.cpu)
                        : fmt::format("{} (tid {}) on CPU {}", thread_text(by.tid), by.tid, by.cpu);
}

Ran CpuActivity::describe(const Key& key, const Counted& counted) const {
  Ran ran;
  ran.kind = key.kind;
  ran.number = key.number;
  ran.count = counted.count;
  ran.ns = counted.ns;
  ran.longest_ns = counted.longest_ns;
  switch (key.kind) {
    case Ran::Kind::irq:
      if (const reconstruct::IrqAction* action = facts_->irq(key.function)) {
        ran.name = action->name();
      } else if (key.function == 0) {
        ran.name = "local_timer";
      }
      break;
    case Ran::Kind::ipi:
      ran.name = reconstruct::ipi_label(key.number);
      break;
    case Ran::Kind::timer:
    case Ran::Kind::tick:
      ran.name = facts_->function(key.function);
      ran.kind = is_tick(ran.name) ? Ran::Kind::tick : Ran::Kind::timer;
      break;
    case Ran::Kind::softirq:
      ran.name = reconstruct::softirq_label(key.number);
      ran.by_irq = counted.by_irq;
      break;
    case Ran::Kind::work:
      ran.name = facts_->function(key.function);
      ran.number = counted.worker;
      ran.worker = thread_text(counted.worker);
      if (counted.by) {
        ran.by = asker_text(*counted.by);
        ran.by_irq = counted.by->irq;
        ran.by_cpu = counted.by->cpu;
        ran.by_tid = counted.by->interrupt ? 0 : counted.by->tid;
      }
      break;
    default:
      if (const auto thread = threads_.find(key.number); thread != threads_.end()) {
        ran.name = thread->second.comm;
        ran.kind = thread->second.kernel ? Ran::Kind::kthread : Ran::Kind::task;
      }
      if (vcpus_.contains(key.number)) {
        ran.kind = Ran::Kind::vcpu;
      }
      break;
  }
  return ran;
}

void CpuActivity::add_delay(const Delays& delays, std::uint32_t cpu, const Key& key, Ran& ran) {
  const auto same = [&](const DelayKey& by) {
    switch (ran.kind) {
      case Ran::Kind::work:
        return by.kind == BlameKind::task && by.function == key.function;
      case Ran::Kind::task:
      case Ran::Kind::kthread:
      case Ran::Kind::vcpu:
        return by.kind == BlameKind::task && by.function == 0 && by.tid == key.number;
      case Ran::Kind::timer:
      case Ran::Kind::tick:
        return by.kind != BlameKind::task && by.what.ends_with(": " + ran.name);
      case Ran::Kind::irq:
        return by.kind == BlameKind::hardirq && by.what == ran.name;
      case Ran::Kind::softirq:
        return by.kind == BlameKind::softirq && by.what == ran.name;
      default:
        return false;
    }
  };
  for (auto found = delays.lower_bound({cpu, {}, 0, 0, {}});
       found != delays.end() && found->first.cpu == cpu; ++found) {
    if (same(found->first)) {
      ran.delayed_wakes += found->second.wakes;
      ran.delay_ns += found->second.ns;
      ran.longest_delay_ns = std::max(ran.longest_delay_ns, found->second.longest_ns);
    }
  }
}

Observed CpuActivity::told(const Activity& (*of)(const Cpu& on, Activity& room),
                           const Delays& delays) const {
  Observed observed;
  for (std::size_t i = 0; i < cpus_.size(); ++i) {
    const Cpu& on = cpus_[i];
    if (!on.since_ns) {
      continue;
    }
    Activity room;
    const Activity& activity = of(on, room);
    CpuSeen& seen = observed.cpus.emplace_back();
    seen.cpu = static_cast<std::uint32_t>(i);
    seen.unknown_ns = activity.unknown_ns;
    for (const auto& [key, counted] : activity.ran) {
      Ran ran = describe(key, counted);
      add_delay(delays, seen.cpu, key, ran);
      seen.ran.push_back(std::move(ran));
    }
    std::ranges::stable_sort(seen.ran, std::greater{}, &Ran::ns);
  }
  const auto& events = facts_->header().events;
  for (const wp_event_kind kind : {WP_EVENT_IRQ_ENTRY, WP_EVENT_SWITCH, WP_EVENT_WORK_START,
                                   WP_EVENT_SOFTIRQ_ENTRY, WP_EVENT_HRTIMER_EXPIRE_ENTRY}) {
    // An event that was captured and never came has nothing to tell.
    const bool captured = std::ranges::any_of(events, [&](const EventState& state) {
      return state.enabled && state.event == event_name(kind);
    });
    if (!kinds_.test(kind) && !captured) {
      observed.not_recorded.emplace_back(event_name(kind));
    }
  }
  for (const auto& [tid, cpus] : vcpus_) {
    observed.vcpus.push_back({facts_->identity(tid, now_ns_), {cpus.begin(), cpus.end()}});
  }
  return observed;
}

Observed CpuActivity::observed(const Summary& summary) const {
  Observed observed = told(sum_of, sum_of_delays());
  observed.totals = totals_of(all_);
  observed.totals.duration_ns = summary.duration_ns;
  observed.totals.lost = summary.lost + summary.late;
  observed.totals.missed = summary.missed;
  if (!summary.blame.empty()) {
    observed.blame = summary.blame.front();
  }
  return observed;
}

}  // namespace wakepath::audit
