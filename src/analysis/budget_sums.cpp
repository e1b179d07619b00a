// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/budget_sums.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "analysis/judge.hpp"
#include "analysis/verdict.hpp"
#include "util/cpu_set.hpp"
#include "util/duration.hpp"
#include "util/glob.hpp"

namespace wakepath::analysis {

namespace {

using Outcome = VerdictResult::Outcome;
using Operator = Verdict::Operator;

constexpr std::size_t kMostKnown = 4096;
constexpr std::size_t kMostNamed = 8;

// Compares names with the patterns of lines, as long as it may.
class Comparing {
 public:
  // Takes what it does from `left`.
  explicit Comparing(std::uint64_t& left) : left_(left) {}

  [[nodiscard]] bool may_go_on() const { return left_ != 0; }
  bool fits(const std::vector<std::string>& patterns, const std::string& name) {
    return patterns.empty() || std::ranges::any_of(patterns, [&](const std::string& pattern) {
             std::uint64_t looked = kCall;
             const bool matches = may_go_on() && matches_glob(pattern, name, looked);
             left_ -= std::min(left_, looked);
             return matches;
           });
  }
  bool is_for_vm(const BudgetLine& line, const VcpuIdentity& who) {
    return fits(line.vms, who.vm) || (who.vm_pid && fits(line.vms, std::to_string(*who.vm_pid)));
  }
  // The line's vCPUs stand in order.
  bool is_for(const BudgetLine& line, const VcpuIdentity& who) {
    left_ -= std::min(left_, kCall);
    return (line.vcpus.empty() ||
            (who.vcpu && std::ranges::binary_search(line.vcpus, *who.vcpu))) &&
           is_for_vm(line, who);
  }

 private:
  static constexpr std::uint64_t kCall = 8;  // what each takes besides
  std::uint64_t& left_;
};

bool same(const VcpuIdentity& a, const VcpuIdentity& b) {
  return a.vm == b.vm && a.vm_pid == b.vm_pid && a.vcpu == b.vcpu;
}

std::string quoted(const std::vector<std::string>& patterns) {
  return fmt::format("'{}'", fmt::join(patterns, "', '"));
}

// "a, b"; of many the first few.
std::string names_text(const std::vector<std::string>& names) {
  if (names.size() <= kMostNamed) {
    return fmt::format("{}", fmt::join(names, ", "));
  }
  return fmt::format("{}, ... ({} in all)",
                     fmt::join(names.begin(), names.begin() + kMostNamed, ", "), names.size());
}

std::string list_of(const std::vector<std::uint32_t>& vcpus) {
  CpuSet set;
  for (const std::uint32_t vcpu : vcpus) {
    set.add(vcpu);
  }
  return set.text();
}

// Why no wake was counted.
std::string no_match_text(const BudgetLine& line, const std::string& filter,
                          const std::vector<std::string>& vms,
                          const std::vector<VcpuIdentity>& vcpus, Comparing& with) {
  const auto is_wanted_vm = [&](const VcpuIdentity& who) { return with.is_for_vm(line, who); };
  if (!line.vms.empty() && std::ranges::none_of(vcpus, is_wanted_vm) &&
      std::ranges::none_of(vms, [&](const std::string& vm) { return with.fits(line.vms, vm); }) &&
      with.may_go_on()) {
    return fmt::format("no VM is like {}; {}", quoted(line.vms),
                       vms.empty() ? "no VM's name is known" : "there is " + names_text(vms));
  }
  if (!line.vcpus.empty() &&
      std::ranges::none_of(vcpus,
                           [&](const VcpuIdentity& who) { return with.is_for(line, who); }) &&
      with.may_go_on()) {
    return fmt::format("no vCPU {} is known", list_of(line.vcpus));
  }
  return fmt::format(
      "no wake {}{}",
      line.paths.empty() ? "of it" : fmt::format("has a path like {}", quoted(line.paths)),
      filter.empty() ? "" : fmt::format(", with {}", filter));
}

// Is `a` worse than `b`, by what the verdict asks?
bool is_worse(Operator op, const VerdictResult& a, const VerdictResult& b) {
  const auto rank = [](Outcome outcome) {
    return outcome == Outcome::failed ? 2 : outcome == Outcome::not_judged ? 1 : 0;
  };
  if (rank(a.outcome) != rank(b.outcome)) {
    return rank(a.outcome) > rank(b.outcome);
  }
  if (!a.value || !b.value) {
    return false;
  }
  return op == Operator::lt || op == Operator::le ? *a.value < *b.value : *a.value > *b.value;
}

std::string_view word_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::failed:
      return "fail";
    case Outcome::not_judged:
      return "can't be judged";
    case Outcome::passed:
      break;
  }
  return "pass";
}

}  // namespace

BudgetSums::BudgetSums(const std::vector<BudgetLine>& lines) {
  for (const BudgetLine& line : lines) {
    lines_.push_back({line, {}});
    std::ranges::sort(lines_.back().line.vcpus);
  }
}

BudgetSums::Group* BudgetSums::group_of(Line& line, const VcpuIdentity& who) {
  Key key;
  if (line.line.each != BudgetLine::Each::all) {
    const bool is_vcpu = line.line.each == BudgetLine::Each::vcpu;
    key = {who.vm, who.vm_pid, is_vcpu || who.vm == "?" ? Number(who.tid) : std::nullopt,
           is_vcpu ? who.vcpu : std::nullopt};
  }
  if (const auto known = line.groups.find(key); known != line.groups.end()) {
    return &known->second;
  }
  if (groups_ == kMostGroups) {
    line.cut = true;
    return nullptr;
  }
  ++groups_;
  return &line.groups[key];
}

const std::vector<std::size_t>& BudgetSums::lines_for(const VcpuIdentity& who,
                                                      std::optional<std::string> path) {
  compares_ += kComparesEach;
  Kind kind(who.tid, std::move(path));
  const auto known = known_.find(kind);
  if (known != known_.end() && same(known->second.first, who)) {
    return known->second.second;
  }
  if (known_.size() >= kMostKnown) {
    known_.clear();
  }
  Comparing with(compares_);
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (lines_[i].uncompared) {
      continue;
    }
    const BudgetLine& line = lines_[i].line;
    const bool is_wanted = with.is_for(line, who) &&
                           (kind.second ? with.fits(line.paths, *kind.second) : line.paths.empty());
    if (!with.may_go_on() && !line.takes_all()) {
      lines_[i].uncompared = true;
    } else if (is_wanted) {
      found.push_back(i);
    }
  }
  auto& [is, wanted] = known_[std::move(kind)];
  is = who;
  wanted = std::move(found);
  return wanted;
}

void BudgetSums::add(const WakeChain& chain) {
  if (lines_.empty()) {
    return;
  }
  for (const std::size_t i : lines_for(chain.who, chain.path)) {
    if (Group* const group = group_of(lines_[i], chain.who); group != nullptr) {
      ++group->wakes;
      group->complete += chain.complete() ? 1U : 0U;
      group->lossy +=
          chain.flags.has(Flag::lossy) || chain.flags.has(Flag::missed_program) ? 1U : 0U;
      group->latencies.add(chain);
    }
  }
}

void BudgetSums::add(const Delivery& delivery) {
  if (lines_.empty()) {
    return;
  }
  for (const std::size_t i : lines_for(delivery.who, std::nullopt)) {
    if (Group* const group = group_of(lines_[i], delivery.who); group != nullptr) {
      ++group->deliveries;
    }
  }
}

TotalKind BudgetSums::main_total(const Line& line) {
  TotalKind most{};
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < kTotalKinds; ++i) {
    const auto kind = static_cast<TotalKind>(i);
    std::uint64_t of_kind = 0;
    for (const auto& [key, group] : line.groups) {
      of_kind += group.latencies.totals(kind).count();
    }
    if (of_kind > count) {
      most = kind;
      count = of_kind;
    }
  }
  return most;
}

// "VM web (pid 95) vCPU 1"
std::string BudgetSums::name_of_group(const Line& line, const Key& key) {
  const std::string& vm = std::get<0>(key);
  const Number pid = std::get<1>(key);
  const Number tid = std::get<2>(key);
  const Number vcpu = std::get<3>(key);
  if (vm == "?") {
    return fmt::format("thread {}", tid.value_or(0));
  }
  // Groups stand by name, then by pid: the first and the last of a name tell.
  const auto first = line.groups.lower_bound(Key{vm, {}, {}, {}});
  const auto last = std::prev(line.groups.lower_bound(Key{vm + '\0', {}, {}, {}}));
  const bool ambiguous = std::get<1>(first->first) != std::get<1>(last->first);
  return fmt::format("VM {}{}{}", vm, ambiguous && pid ? fmt::format(" (pid {})", *pid) : "",
                     vcpu ? fmt::format(" vCPU {}", *vcpu) : "");
}

// Each group, and each stage of a pattern, by itself.
std::vector<BudgetSums::Judged> BudgetSums::judge_parts(const Line& line, const Verdict& verdict,
                                                        const std::string& expression,
                                                        const Summary& summary) {
  std::vector<Judged> parts;
  const auto judge_one = [&](const Verdict& one, const std::string& who, const Group& group) {
    Summary of;
    of.events = summary.events;
    of.lost = summary.lost;
    of.missed = summary.missed;
    of.late = summary.late;
    of.partial = summary.partial;
    of.wakes = group.wakes;
    of.complete = group.complete;
    of.deliveries = group.deliveries;
    of.incomplete.lossy = group.lossy;
    parts.push_back({analysis::judge(one, expression, of, group.latencies), who});
  };
  if (line.groups.empty() && line.line.takes_all()) {
    judge_one(verdict, "", {});
  }
  const bool by_itself = line.line.each != BudgetLine::Each::all;
  for (const auto& [key, counted] : line.groups) {
    const Group& group = counted;  // no lambda can hold a binding
    const std::string who = by_itself ? name_of_group(line, key) : std::string();
    std::vector<std::string> stages{verdict.stage};
    if (is_glob(verdict.stage)) {
      stages = stages_like(verdict.stage);
      const std::string first = stages.front();
      std::erase_if(stages, [&](const std::string& stage) {
        return group.latencies.find(stage)->count() == 0;
      });
      // Without any of them one tells so.
      stages.resize(std::max<std::size_t>(stages.size(), 1), first);
    }
    for (const std::string& stage : stages) {
      Verdict one = verdict;
      if (stage != verdict.stage) {
        one.stage = stage;
        one.quantity_text = fmt::format(
            "{}({})", verdict.quantity_text.substr(0, verdict.quantity_text.find('(')), stage);
      }
      judge_one(one, who, group);
    }
  }
  return parts;
}

VerdictResult BudgetSums::judge(const Line& line, const Summary& summary,
                                const std::vector<std::string>& vms,
                                const std::vector<VcpuIdentity>& vcpus, std::uint64_t& compares) {
  const std::string expression = line.line.expression.empty()
                                     ? fmt::format("p99({}) > {}", name_of(main_total(line)),
                                                   exact_duration(line.line.target_ns))
                                     : line.line.expression;
  // A line that can't be read was refused before.
  const Verdict verdict = parse_verdict(expression, Stages::patterns).value_or(Verdict{});
  const std::vector<Judged> parts = judge_parts(line, verdict, expression, summary);
  VerdictResult result;
  if (parts.empty() || line.cut || line.uncompared) {
    result.outcome = Outcome::not_judged;
    Comparing with(compares);
    result.reason = line.uncompared ? "there are too many names to compare with the patterns"
                    : line.cut      ? "there are too many VMs or vCPUs to judge each by itself"
                                    : no_match_text(line.line, summary.filter, vms, vcpus, with);
    result.text = fmt::format("{}: {}", expression, result.reason);
  } else {
    const auto worst = std::ranges::max_element(parts, [&](const Judged& a, const Judged& b) {
      return is_worse(verdict.op, b.result, a.result);
    });
    result = worst->result;
    const auto alike = std::ranges::count_if(
        parts, [&](const Judged& one) { return one.result.outcome == result.outcome; });
    const std::string share = parts.size() == 1 ? ""
                                                : fmt::format("{} of {} {}", alike, parts.size(),
                                                              word_of(result.outcome));
    if (!worst->who.empty() || !share.empty()) {
      result.text += fmt::format(" ({}{}{})", worst->who,
                                 worst->who.empty() || share.empty() ? "" : "; ", share);
    }
  }
  result.expression = expression;
  result.budget = label_of(line.line);
  result.file = line.line.file;
  result.line = line.line.line;
  if (!result.budget.empty()) {
    result.text.insert(0, result.budget + ": ");
  }
  return result;
}

std::vector<VerdictResult> BudgetSums::judge(const Summary& summary,
                                             const std::vector<std::string>& vms,
                                             const std::vector<VcpuIdentity>& vcpus) const {
  std::vector<VerdictResult> results;
  results.reserve(lines_.size());
  std::uint64_t compares = kFirstCompares;
  for (const Line& line : lines_) {
    results.push_back(judge(line, summary, vms, vcpus, compares));
  }
  return results;
}

}  // namespace wakepath::analysis

namespace wakepath {

std::string label_of(const BudgetLine& line) {
  if (!line.name.empty()) {
    return line.name;
  }
  std::string text;
  const auto add = [&text](const std::string& what) {
    text += text.empty() ? "" : ", ";
    text += what;
  };
  if (!line.vms.empty()) {
    add(fmt::format("VM {}", fmt::join(line.vms, " or ")));
  }
  if (!line.vcpus.empty()) {
    add(fmt::format("vCPU {}", analysis::list_of(line.vcpus)));
  }
  if (!line.paths.empty()) {
    add(fmt::format("path {}", fmt::join(line.paths, " or ")));
  }
  if (line.each != BudgetLine::Each::all) {
    add(line.each == BudgetLine::Each::vm ? "each VM" : "each vCPU");
  }
  return text;
}

}  // namespace wakepath
