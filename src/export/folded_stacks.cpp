// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/folded_stacks.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "analysis/blame_parts.hpp"
#include "present/view.hpp"
#include "util/escape.hpp"

namespace wakepath::exports {

namespace {

// A stack is a line, and ';' stands between its frames.
std::string frame(std::string_view text) {
  std::string out;
  for (const char c : escape_terminal(text)) {
    if (c == ';') {
      out += "\\x3b";
    } else {
      out += c;
    }
  }
  return out;
}

std::string who_frame(const Blame* blame) {
  const std::string_view kind = name_of(blame != nullptr ? blame->kind : BlameKind::unexplained);
  return blame == nullptr || blame->what.empty() ? std::string(kind)
                                                 : fmt::format("{}({})", kind, blame->what);
}

}  // namespace

Result<std::unique_ptr<Exporter>> FoldedStacks::create(const OutputPlan& plan) {
  WAKEPATH_TRY(OutputFile file, OutputFile::create(plan, OutputFile::Kind::whole));
  return std::make_unique<FoldedStacks>(std::move(file));
}

Result<void> FoldedStacks::wake(const WakeChain& chain) {
  const auto kind = analysis::total_kind(chain);
  if (!kind) {
    return {};
  }
  OfTotal& total = totals_[static_cast<std::size_t>(*kind)];
  ++total.wakes;
  const VcpuIdentity& who = chain.who;
  const Vm vm{who.vm, who.vm_pid, who.vm == "?" && !who.vm_pid ? Number(who.tid) : std::nullopt};
  for (const Stage& stage : chain.stages) {
    analysis::for_each_part(stage, [&](const Blame* blame, std::uint64_t ns) {
      const Stack stack{vm, who.vcpu, chain.path, stage.kind, who_frame(blame)};
      const auto known = total.stacks.find(stack);
      if (known != total.stacks.end()) {
        known->second += ns;
      } else if (total.stacks.size() < kMostStacks) {
        total.stacks.emplace(stack, ns);
        vms_[who.vm].insert(vm);
      } else {
        total.rest_ns += ns;
      }
    });
  }
  return {};
}

std::string FoldedStacks::vm_frame(const Vm& vm) const {
  const auto& [name, pid, tid] = vm;
  const auto named = vms_.find(name);
  const bool several = named != vms_.end() && named->second.size() > 1;
  return frame(name == "?" ? "unknown VM" : name) + (several ? present::vm_suffix(pid, tid) : "");
}

Result<std::string> FoldedStacks::finish() {
  const auto most = std::ranges::max_element(totals_, {}, &OfTotal::wakes);
  std::string out;
  for (const auto& [stack, ns] : most->stacks) {
    const auto& [vm, vcpu, path, stage, who] = stack;
    out += fmt::format("{};{};{};{};{} {}\n", vm_frame(vm),
                       vcpu ? fmt::format("vCPU {}", *vcpu) : "vCPU ?", frame(path), name_of(stage),
                       frame(who), ns);
  }
  if (most->rest_ns != 0) {
    out += fmt::format("other {}\n", most->rest_ns);
  }
  WAKEPATH_CHECK(file_.append(std::as_bytes(std::span(out))));
  WAKEPATH_CHECK(file_.finish());
  std::uint64_t left_out = 0;
  for (const OfTotal& total : totals_) {
    left_out += &total == &*most ? 0 : total.wakes;
  }
  return fmt::format("{} of {}{}", present::count_text(most->stacks.size(), "stack"),
                     present::count_text(most->wakes, "wake"),
                     left_out == 0 ? ""
                                   : fmt::format("; {} with another kind of total left out",
                                                 present::count_text(left_out, "wake")));
}

}  // namespace wakepath::exports
