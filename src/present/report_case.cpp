// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/report_case.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "util/duration.hpp"

namespace wakepath::present {

namespace {

using State = ReportCase::State;

State state_of(VerdictResult::Outcome outcome) {
  switch (outcome) {
    case VerdictResult::Outcome::passed:
      return State::passed;
    case VerdictResult::Outcome::failed:
      return State::failed;
    case VerdictResult::Outcome::not_judged:
      break;
  }
  return State::not_judged;
}

ReportCase case_of(const VerdictResult& verdict) {
  ReportCase made;
  made.name = verdict.budget.empty() ? verdict.expression
                                     : fmt::format("{}: {}", verdict.budget, verdict.expression);
  made.state = state_of(verdict.outcome);
  // The name says whose it is.
  made.text = verdict.text;
  for (const std::string& known : {verdict.budget, verdict.expression}) {
    if (verdict.line != 0 && made.text.starts_with(known + ": ")) {
      made.text.erase(0, known.size() + 2);
    }
  }
  made.file = verdict.file;
  made.line = verdict.line;
  return made;
}

std::string figure(const analysis::ChangeRow& row, double value) {
  return row.quantity == "over"
             ? fmt::format("{:.1f}%", value * 100)
             : format_duration(static_cast<std::uint64_t>(std::llround(std::max(value, 0.0))));
}

ReportCase case_of(const analysis::ChangeRow& row) {
  const std::string vcpu = row.vcpu ? fmt::format(" vCPU {}", *row.vcpu) : "";
  const std::string who = row.path != "*" ? row.path : row.vm == "*" ? "all wakes" : row.vm + vcpu;
  ReportCase made;
  made.name = fmt::format("{}({}) of {}", row.quantity, row.stage, who);
  made.state = row.change == analysis::Change::worse    ? State::failed
               : row.change == analysis::Change::unsure ? State::skipped
                                                        : State::passed;
  made.text = fmt::format("{}: {} -> {}",
                          row.change == analysis::Change::none ? "no change" : name_of(row.change),
                          figure(row, row.difference.before), figure(row, row.difference.after));
  return made;
}

}  // namespace

std::string_view name_of(State state) {
  switch (state) {
    case State::passed:
      return "passed";
    case State::noted:
      return "noted";
    case State::failed:
      return "failed";
    case State::not_judged:
      return "not_judged";
    case State::skipped:
      return "skipped";
  }
  return "";
}

std::size_t CaseReport::count(State state) const {
  return static_cast<std::size_t>(std::ranges::count(cases, state, &ReportCase::state));
}

std::string CaseReport::counts_text() const {
  constexpr std::array kNames{std::pair(State::passed, "passed"), std::pair(State::noted, "noted"),
                              std::pair(State::failed, "failed"),
                              std::pair(State::not_judged, "not judged"),
                              std::pair(State::skipped, "skipped")};
  std::string text;
  for (const auto& [state, name] : kNames) {
    if (const std::size_t many = count(state); many != 0) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", many, name);
    }
  }
  return text.empty() ? "nothing was asked" : text;
}

CaseReport cases_of(const Summary& summary) {
  CaseReport report{"verdicts"};
  for (const VerdictResult& verdict : summary.verdicts) {
    report.cases.push_back(case_of(verdict));
  }
  return report;
}

// Where expressions are given, they alone decide: then a change is a remark.
CaseReport cases_of(const analysis::Comparison& comparison) {
  CaseReport report{"compare"};
  for (const VerdictResult& verdict : comparison.verdicts) {
    report.cases.push_back(case_of(verdict));
  }
  for (const analysis::ChangeRow& row : comparison.rows) {
    if (row.quantity == "max") {
      continue;  // never judged
    }
    ReportCase made = case_of(row);
    if (made.state == State::failed && !comparison.verdicts.empty()) {
      made.state = State::noted;
    }
    report.cases.push_back(std::move(made));
  }
  return report;
}

CaseReport cases_of(const audit::AuditReport& report) {
  CaseReport made{"audit"};
  for (const Finding& finding : report.findings) {
    const bool fails = report.verdict && finding.severity >= report.verdict->fail_at;
    made.cases.push_back(
        {finding.rule, fails ? State::failed : State::noted, finding.text, finding.fixes});
  }
  // What was looked at and found in order.
  for (const std::string& rule : report.checked) {
    if (std::ranges::find(report.findings, rule, &Finding::rule) == report.findings.end()) {
      made.cases.push_back({rule, State::passed, "nothing found"});
    }
  }
  const bool open =
      report.verdict && report.verdict->result == audit::AuditVerdict::Result::not_judged;
  for (const NotChecked& rule : report.not_checked) {
    made.cases.push_back({rule.rule, open ? State::not_judged : State::skipped, rule.why});
  }
  return made;
}

CaseReport cases_of(const std::vector<findings::Check>& checks) {
  CaseReport made{"doctor"};
  for (const findings::Check& check : checks) {
    const State state = check.state == findings::Check::State::ok        ? State::passed
                        : check.state == findings::Check::State::warning ? State::noted
                                                                         : State::failed;
    made.cases.push_back({check.name, state, check.detail,
                          check.finding ? check.finding->fixes : std::vector<Fix>{}});
  }
  return made;
}

}  // namespace wakepath::present
