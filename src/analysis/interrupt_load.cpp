// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/interrupt_load.hpp"

#include <algorithm>
#include <tuple>

namespace wakepath::analysis {

InterruptLoads::Sum& InterruptLoads::of(const InterruptPtr& interrupt, const VmKey& vm) {
  auto known = loads_.find(KeyView(interrupt->irq, interrupt->action));
  if (known == loads_.end()) {
    known = loads_.try_emplace(Key(interrupt->irq, interrupt->action)).first;
  }
  Load& load = known->second;
  load.interrupt = interrupt;
  const auto [sum, added] = load.vms.try_emplace(vm);
  if (added) {
    vms_[std::get<std::string>(vm)].insert(vm);
  }
  return sum->second;
}

void InterruptLoads::add(const WakeChain& chain) {
  if (chain.flags.has(Flag::lossy) || chain.flags.has(Flag::missed_program)) {
    return;
  }
  const VcpuIdentity& who = chain.who;
  const bool unknown = who.vm == "?" && !who.vm_pid;
  const VmKey vm{who.vm, who.vm_pid, unknown ? Number(who.tid) : std::nullopt};
  const Root& root = chain.root;
  if (root.kind == RootKind::irq && root.interrupt) {
    ++of(root.interrupt, vm).wakes;
  }
  std::vector<const Sum*> delayed_by;  // it delays a wake once, in however many stages
  for (const Stage& stage : chain.stages) {
    for (const Blame& blame : stage.blame) {
      if (blame.kind != BlameKind::hardirq || !blame.interrupt) {
        continue;
      }
      Sum& sum = of(blame.interrupt, vm);
      sum.stole_ns += blame.ns;
      if (std::ranges::find(delayed_by, &sum) == delayed_by.end()) {
        delayed_by.push_back(&sum);
        ++sum.delayed;
      }
    }
  }
}

std::vector<InterruptLoad> InterruptLoads::rows() const {
  std::vector<InterruptLoad> rows;
  for (const auto& [key, load] : loads_) {
    InterruptLoad& row = rows.emplace_back();
    row.interrupt = load.interrupt;
    for (const auto& [vm, sum] : load.vms) {
      row.wakes += sum.wakes;
      row.delayed += sum.delayed;
      row.stole_ns += sum.stole_ns;
      const auto& [name, pid, tid] = vm;
      const bool several = vms_.at(name).size() > 1;
      row.vms.push_back({name, sum.wakes, sum.delayed, sum.stole_ns, several ? pid : std::nullopt,
                         several ? tid : std::nullopt});
    }
  }
  std::ranges::stable_sort(rows, [](const InterruptLoad& a, const InterruptLoad& b) {
    return std::tie(a.stole_ns, a.wakes) > std::tie(b.stole_ns, b.wakes);
  });
  return rows;
}

void name_interrupts(Summary& summary,
                     const std::map<std::pair<std::uint32_t, std::string>, InterruptPtr>& known) {
  const auto name = [&known](InterruptPtr& interrupt) {
    if (!interrupt) {
      return;
    }
    if (const auto found = known.find({interrupt->irq, interrupt->action}); found != known.end()) {
      interrupt = found->second;
    }
  };
  for (InterruptLoad& load : summary.interrupts) {
    name(load.interrupt);
  }
  for (BlameGroup& group : summary.blame) {
    for (BlameRow& row : group.rows) {
      name(row.interrupt);
    }
  }
}

}  // namespace wakepath::analysis
