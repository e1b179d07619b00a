// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/check.hpp"

#include <array>
#include <utility>

#include "findings/finding_list.hpp"

namespace wakepath::findings {

std::string_view name_of(Check::State state) {
  constexpr std::array<std::string_view, 3> kNames{"ok", "warning", "missing"};
  return kNames[static_cast<std::size_t>(state)];
}

Check fine(std::string name, std::string detail) {
  return {std::move(name), Check::State::ok, std::move(detail), std::nullopt};
}

Check wrong(std::string name, std::string_view rule, Check::State state, std::string detail,
            std::vector<Fix> fixes, std::vector<Figure> evidence) {
  Finding finding;
  finding.rule = rule;
  finding.severity = state == Check::State::missing ? Severity::error : Severity::warning;
  finding.confidence = Confidence::high;
  finding.text = name + ": " + detail;
  finding.evidence = std::move(evidence);
  finding.evidence.insert(finding.evidence.begin(), {"check", name});
  finding.fixes = std::move(fixes);
  return {std::move(name), state, std::move(detail), std::move(finding)};
}

Check not_looked_at(std::string name, std::string_view rule, std::string detail,
                    std::vector<Fix> fixes) {
  Check check =
      wrong(std::move(name), rule, Check::State::warning, std::move(detail), std::move(fixes));
  check.finding->confidence = Confidence::look;
  return check;
}

void soften(Check& check) {
  if (check.state == Check::State::missing) {
    check.state = Check::State::warning;
    check.finding->severity = Severity::warning;
  }
}

std::vector<Finding> findings_of(const std::vector<Check>& checks) {
  std::vector<Finding> all;
  for (const Check& check : checks) {
    if (check.finding) {
      all.push_back(*check.finding);
    }
  }
  sort_by_severity(all);
  return all;
}

}  // namespace wakepath::findings
