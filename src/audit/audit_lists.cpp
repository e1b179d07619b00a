// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of an audit: the lists of CPUs on the kernel's command line.
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "audit/audit_facts.hpp"

namespace wakepath::audit {
namespace {

using host::CpuOption;

std::string as_given(const CpuOption& option) { return option.name + "=" + option.text; }

void unreadable(const CpuOption& option, RuleResult& result) {
  Finding& found = result.add(Severity::warning, {},
                              as_given(option) + " is no list of CPUs: the kernel ignores it");
  found.evidence = {{option.name, option.text}};
  found.fixes = {findings::kernel_option(option.name + "=LIST, a list as 2-5,8")};
}

void isolation(const AuditFacts& facts, RuleResult& result) {
  const auto& options = facts.settings().cpu_options;
  if (!options) {
    result.not_judged = "/proc/cmdline can't be read";
    return;
  }
  std::vector<Figure> evidence;
  std::string empty;
  for (const CpuOption& option : *options) {
    if (!option.cpus) {
      unreadable(option, result);
    } else if (option.cpus->empty() && option.name != "irqaffinity") {
      // rcu_nocbs alone isolates nothing, and is no promise that was not kept.
      evidence.emplace_back(option.name, option.text);
      if (option.name != "rcu_nocbs") {
        empty += (empty.empty() ? "" : " and ") + as_given(option);
      }
    }
  }
  if (empty.empty()) {
    return;
  }
  Finding& found =
      result.add(Severity::warning, {},
                 fmt::format("{}{} on the kernel's command line name{} no CPU",
                             facts.isolated.empty() ? "nothing is isolated: " : "", empty,
                             empty.find(" and ") == std::string::npos ? "s" : ""));
  found.evidence = std::move(evidence);
  found.fixes = {facts.vcpu_cpus.empty() ? findings::name_isolated_cpus()
                                         : findings::isolate(facts.vcpu_cpus)};
}

}  // namespace

std::span<const AuditRule> list_rules() {
  static constexpr std::array kRules{AuditRule{"isolation", Severity::warning, isolation}};
  return kRules;
}

}  // namespace wakepath::audit
