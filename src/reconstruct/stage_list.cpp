// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/stage_list.hpp"

#include <algorithm>
#include <utility>

#include "reconstruct/labels.hpp"

namespace wakepath::reconstruct {

Stage* StageList::until(StageKind kind, std::uint64_t end_ns, std::uint32_t cpu, std::string actor,
                        StageBasis basis) {
  if (end_ns == 0 || end_ns < at_ns_) {
    return nullptr;
  }
  stages_.push_back({kind, at_ns_, end_ns, cpu, std::move(actor), {}, {}});
  bases_.push_back(std::move(basis));
  at_ns_ = end_ns;
  return &stages_.back();
}

StageBasis own_code(const Cause& cause) {
  StageBasis basis;
  basis.hrtimer = cause.hrtimer;
  switch (cause.kind) {
    case HopKind::timer:
    case HopKind::irq:
    case HopKind::ipi:
      basis.self_in_irq = true;
      basis.irq = cause.irq;
      basis.action = cause.action;
      break;
    case HopKind::softirq:
      basis.self_softirq = cause.vector;
      break;
    case HopKind::work:
    case HopKind::task:
    case HopKind::vcpu:
      basis.self_tid = cause.tid;
      basis.sleeps = cause.sleeps;
      basis.first_cpu = cause.wakeup_cpu;
      basis.moves = cause.moves;
      break;
  }
  return basis;
}

StageBasis wait_for_thread(const Cause& cause) {
  StageBasis basis;
  basis.self_tid = cause.tid;
  basis.waking_ns = cause.kind == HopKind::task ? cause.requested_ns : cause.waking_ns;
  basis.sched_in_ns = cause.kind == HopKind::task ? cause.entry_ns : cause.sched_in_ns;
  basis.waking_cpu = cause.waking_cpu;
  basis.ready_ns = basis.waking_ns;
  basis.other_until_ns = cause.other_until_ns;
  basis.other_function = cause.other_function;
  basis.first_cpu = cause.wakeup_cpu;
  basis.moves = cause.moves;
  return basis;
}

void add_sub(Stage& stage, const char* name, std::uint64_t begin_ns, std::uint64_t end_ns) {
  if (begin_ns >= stage.begin_ns && end_ns <= stage.end_ns && begin_ns < end_ns) {
    stage.sub.push_back({name, begin_ns, end_ns, {}});
  }
}

void split_entry(Stage& entry, const std::vector<Mark>& marks) {
  std::uint64_t at = entry.begin_ns;
  const auto up_to = [&](MarkKind kind, const char* name) {
    const auto mark = std::find_if(marks.begin(), marks.end(), [&](const Mark& one) {
      return one.kind == kind && one.at_ns >= at && one.at_ns <= entry.end_ns;
    });
    if (mark != marks.end()) {
      add_sub(entry, name, at, mark->at_ns);
      at = mark->at_ns;
    }
  };
  up_to(MarkKind::injection, kVcpuLoad);
  up_to(MarkKind::vcpu_wakeup, kBlockExit);
  add_sub(entry, kGuestEntry, at, entry.end_ns);
}

}  // namespace wakepath::reconstruct
