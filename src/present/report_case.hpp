// SPDX-License-Identifier: GPL-2.0-or-later
// What a machine that runs tests wants to know of a run: one case for each expression, change, rule
// or check, and what came of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "analysis/comparison.hpp"
#include "audit/audit.hpp"
#include "findings/check.hpp"
#include "wakepath/finding.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::present {

struct ReportCase {
  enum class State : std::uint8_t {
    passed,
    noted,  // something is to be said, and nothing fails by it
    failed,
    not_judged,  // what would have to pass could not be judged
    skipped,     // it could not be judged, and nothing fails by it
  };
  std::string name;
  State state{State::passed};
  std::string text;  // may hold names from outside, as `name` may
  std::vector<Fix> fixes{};
  // Where it was asked for; 0: on the command line.
  std::string file{};
  std::uint32_t line{};
};
std::string_view name_of(ReportCase::State state);

struct CaseReport {
  std::string suite;  // "verdicts", "compare", "audit", "doctor"
  std::vector<ReportCase> cases{};

  [[nodiscard]] std::size_t count(ReportCase::State state) const;
  // "3 passed, 1 failed"
  [[nodiscard]] std::string counts_text() const;
};

CaseReport cases_of(const Summary& summary);
CaseReport cases_of(const analysis::Comparison& comparison);
CaseReport cases_of(const audit::AuditReport& report);
CaseReport cases_of(const std::vector<findings::Check>& checks);

// One for each form.
void json_cases(const CaseReport& report, fmt::memory_buffer& out);
void junit_cases(const CaseReport& report, fmt::memory_buffer& out);
void github_cases(const CaseReport& report, fmt::memory_buffer& out);
void markdown_cases(const CaseReport& report, fmt::memory_buffer& out);

}  // namespace wakepath::present
