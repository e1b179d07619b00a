// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/audit_output.hpp"

#include <gmock/gmock.h>

#include "present/view.hpp"

namespace wakepath::present {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::size_t kUnbroken = 100'000;

audit::AuditReport audited() {
  audit::AuditReport report;
  Finding& finding = report.findings.emplace_back();
  finding.rule = "ran_task";
  finding.severity = Severity::error;
  finding.text = "CPU 1: hog (tid 178) ran 240 times, and its text takes more than a line of 80";
  finding.fixes = {{"taskset -cp 0 178 # a command that is longer than a line of the page", "",
                    "a note that has more words than there is room for in a line of the page"}};
  report.checked = {"ran_task"};
  report.isolated = report.vcpu_cpus = CpuSet::parse("1").value();
  report.observed.emplace();
  for (const char* const why : {"a", "b", "c", "d"}) {
    report.not_checked.push_back({std::string("rule_") + why, why});
  }
  return report;
}

std::string audit_page(const audit::AuditReport& report, std::size_t most = 20,
                       std::size_t width = kUnbroken) {
  fmt::memory_buffer out;
  audit_text(report, most, width, out);
  return fmt::to_string(out);
}

TEST(AuditText, TheAnswerComesFirst) {
  EXPECT_THAT(audit_page(audited()), StartsWith("1 error. 1 rule checked.\nIsolated CPUs: 1; "));
}

TEST(AuditText, EachRuleThatWasNotCheckedIsNamedIfAllAre) {
  EXPECT_THAT(audit_page(audited()),
              HasSubstr("Not checked for other reasons: 1 rule (--all names them)\n"));
  EXPECT_THAT(audit_page(audited()), Not(HasSubstr("rule_d")));
  EXPECT_THAT(audit_page(audited(), 0), HasSubstr("Not checked, because d: rule_d\n"));
  fmt::memory_buffer out;
  audit_summary(audited(), out);
  EXPECT_THAT(fmt::to_string(out), HasSubstr("rule_d"));
}

TEST(AuditText, WhereNothingIsKeptItIsNotSaidThatNothingWasFound) {
  audit::AuditReport report = audited();
  report.findings.clear();
  report.nothing_kept = "no CPU is isolated";
  EXPECT_THAT(audit_page(report), StartsWith("Nothing to judge: no CPU is isolated. --isolated"));
  report.verdict = {Severity::warning, audit::AuditVerdict::Result::not_judged,
                    report.nothing_kept};
  EXPECT_THAT(audit_page(report),
              StartsWith("Nothing to judge, so --fail-at warning does not pass: no CPU is"));
  EXPECT_THAT(audit_page(report), Not(HasSubstr("Nothing found")));
}

TEST(AuditText, OnATerminalNothingButACommandIsTooWide) {
  constexpr std::size_t kColumns = 60;
  const std::string text = audit_page(audited(), 0, kColumns);
  std::size_t commands = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    if (line.find("fix: ") != std::string_view::npos) {
      EXPECT_THAT(std::string(line), HasSubstr("line of the page")) << "it can be copied";
      ++commands;
    } else {
      EXPECT_LE(columns_of(line), kColumns) << line;
    }
  }
  EXPECT_EQ(commands, 1U);
}

}  // namespace
}  // namespace wakepath::present
