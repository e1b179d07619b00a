// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/setting_advice.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "findings/blame_advice.hpp"
#include "findings/culprit.hpp"
#include "util/cpu_set.hpp"
#include "util/duration.hpp"

namespace wakepath::findings {

namespace {

// Less of all delay is no reason to spend power.
constexpr double kLeastPart = 0.02;

std::string gain(std::optional<std::uint64_t> now, std::optional<std::uint64_t> then) {
  return now && then ? fmt::format("{} -> {}", format_duration(*now), format_duration(*then))
                     : std::string("not known of so few wakes");
}

}  // namespace

std::vector<Finding> idle_state_advice(const std::vector<BlameGroup>& blame,
                                       const SureOf& sure_of) {
  std::vector<Finding> out;
  if (blame.empty() || blame.front().wakes < kLeastBlamedWakes) {
    return out;
  }
  const BlameGroup& all = blame.front();
  for (const BlameRow& row : all.rows) {
    const double part =
        static_cast<double>(row.ns) / static_cast<double>(std::max<std::uint64_t>(all.ns, 1));
    if (row.kind != BlameKind::idle_exit || part < kLeastPart) {
      continue;
    }
    const CpuSet cpus = cpus_of(row, blame);
    Finding& finding = out.emplace_back();
    finding.rule = "idle_state";
    finding.severity = Severity::info;
    finding.confidence = Confidence::medium;
    finding.subject.cpus = cpus.text();
    finding.effect = {all.p50_ns, row.p50_without_ns, all.p99_ns, row.p99_without_ns, row.wakes};
    if (sure_of) {
      sure_of(row, finding.effect);
    }
    finding.text = fmt::format(
        "leaving {} held up {} of {} wakes, by {} each: {:.0f}% of all delay; without it p50 {}, "
        "p99 {}{}",
        row.what, row.wakes, all.wakes,
        format_duration(row.ns / std::max<std::uint64_t>(row.wakes, 1)), part * 100,
        gain(all.p50_ns, row.p50_without_ns), gain(all.p99_ns, row.p99_without_ns),
        sure_text(finding.effect));
    finding.evidence = {{"ns", row.ns},
                        {"of_ns", all.ns},
                        {"wakes", row.wakes},
                        {"of_wakes", all.wakes},
                        {"worst_ns", row.worst_ns}};
    finding.fixes = {forbid_idle_state(row.what, cpus)};
  }
  return out;
}

}  // namespace wakepath::findings
