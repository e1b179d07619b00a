// SPDX-License-Identifier: GPL-2.0-or-later
// The forms that tell what was judged, to the letter.
#include "present/report_case.hpp"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wakepath::present {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string cases_text(void (*write)(const CaseReport&, fmt::memory_buffer&),
                       const CaseReport& of) {
  fmt::memory_buffer out;
  write(of, out);
  return fmt::to_string(out);
}

VerdictResult told_verdict(VerdictResult::Outcome outcome, std::string expression,
                           std::string text) {
  VerdictResult made;
  made.outcome = outcome;
  made.expression = std::move(expression);
  made.text = std::move(text);
  return made;
}

CaseReport three_verdicts() {
  Summary summary;
  summary.verdicts = {
      told_verdict(VerdictResult::Outcome::passed, "lost > 0", "lost = 0, not > 0"),
      told_verdict(VerdictResult::Outcome::failed, "p50(total) > 1us", "p50(total) = 2us > 1us"),
      told_verdict(VerdictResult::Outcome::not_judged, "p99(total) > 1us",
                   "p99(total) > 1us: no wakes")};
  return cases_of(summary);
}

TEST(ReportCase, Junit) {
  EXPECT_EQ(cases_text(junit_cases, three_verdicts()),
            R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="wakepath" tests="3" failures="1" errors="1" skipped="0">
  <testsuite name="verdicts" tests="3" failures="1" errors="1" skipped="0">
    <testcase classname="wakepath.verdicts" name="lost &gt; 0">
      <system-out>lost = 0, not &gt; 0</system-out>
    </testcase>
    <testcase classname="wakepath.verdicts" name="p50(total) &gt; 1us">
      <failure message="p50(total) = 2us &gt; 1us" type="failed">p50(total) = 2us &gt; 1us</failure>
    </testcase>
    <testcase classname="wakepath.verdicts" name="p99(total) &gt; 1us">
      <error message="p99(total) &gt; 1us: no wakes" type="not_judged">p99(total) &gt; 1us: no wakes</error>
    </testcase>
  </testsuite>
</testsuites>
)");
}

TEST(ReportCase, Github) {
  EXPECT_EQ(cases_text(github_cases, three_verdicts()),
            "::error title=wakepath verdicts::p50(total) > 1us: p50(total) = 2us > 1us\n"
            "::error title=wakepath verdicts::not judged: p99(total) > 1us: no wakes\n"
            "wakepath verdicts: 1 passed, 1 failed, 1 not judged\n");
}

TEST(ReportCase, Markdown) {
  EXPECT_EQ(cases_text(markdown_cases, three_verdicts()),
            "### wakepath verdicts: 1 passed, 1 failed, 1 not judged\n\n"
            "| result | case | what |\n"
            "| --- | --- | --- |\n"
            "| passed | <code>lost &#62; 0</code> | <code>lost &#61; 0&#44; not &#62; 0</code> |\n"
            "| **failed** | <code>p50&#40;total&#41; &#62; 1us</code> | "
            "<code>p50&#40;total&#41; &#61; 2us &#62; 1us</code> |\n"
            "| **not judged** | <code>p99&#40;total&#41; &#62; 1us</code> | "
            "<code>p99&#40;total&#41; &#62; 1us&#58; no wakes</code> |\n");
}

TEST(ReportCase, Json) {
  EXPECT_EQ(cases_text(json_cases, three_verdicts()),
            R"({"schema":1,"suite":"verdicts","passed":1,"noted":0,"failed":1,"not_judged":1,)"
            R"("skipped":0,"cases":[{"name":"lost > 0","result":"passed","text":)"
            R"("lost = 0, not > 0","fixes":[]},{"name":"p50(total) > 1us","result":"failed",)"
            R"("text":"p50(total) = 2us > 1us","fixes":[]},{"name":"p99(total) > 1us",)"
            R"("result":"not_judged","text":"p99(total) > 1us: no wakes","fixes":[]}]})"
            "\n");
}

TEST(ReportCase, NothingAskedIsSaid) {
  EXPECT_EQ(cases_text(github_cases, cases_of(Summary{})),
            "wakepath verdicts: nothing was asked\n");
}

// A name may hold anything, and ends nothing.
TEST(ReportCase, HostileNames) {
  CaseReport report{"audit"};
  report.cases.push_back({"a|b`<x>&\"'\r\n::error::@you %0A \x01 \xef\xbf\xbf",
                          ReportCase::State::failed,
                          "]]><!-- \x1b[2J | [l](http://x) *b*",
                          {{"rm -- '<a>|`'", "", ""}}});
  const std::string xml = cases_text(junit_cases, report);
  EXPECT_THAT(xml,
              HasSubstr(R"(name="a|b`&lt;x&gt;&amp;&quot;&apos;\x0d\x0a::error::@you %0A \x01 )"));
  EXPECT_THAT(xml, Not(HasSubstr("\xef\xbf\xbf")));
  EXPECT_THAT(xml, HasSubstr(R"(]]&gt;&lt;!-- \x1b[2J)"));
  EXPECT_THAT(xml, HasSubstr("\nfix: rm -- &apos;&lt;a&gt;|`&apos;</failure>"));
  const std::string github = cases_text(github_cases, report);
  EXPECT_EQ(std::count(github.begin(), github.end(), '\n'), 2);
  EXPECT_THAT(github, HasSubstr("@you %250A "));
  EXPECT_THAT(github, HasSubstr("%0Afix: rm"));
  const std::string markdown = cases_text(markdown_cases, report);
  const std::string row = markdown.substr(markdown.find("| **failed**"));
  EXPECT_EQ(std::count(row.begin(), row.end(), '|'), 4);
  EXPECT_THAT(row, Not(HasSubstr("@")));
  EXPECT_THAT(row, Not(HasSubstr("`")));
  EXPECT_THAT(row, Not(HasSubstr("<x>")));
}

TEST(ReportCase, AuditFailsByItsVerdict) {
  audit::AuditReport report;
  Finding finding;
  finding.rule = "ksm";
  finding.severity = Severity::warning;
  report.findings = {finding};
  report.checked = {"ksm", "wfi_trap"};
  report.not_checked = {{"idle_states", "there are none"}};
  EXPECT_EQ(cases_of(report).counts_text(), "1 passed, 1 noted, 1 skipped");
  report.verdict = audit::AuditVerdict{Severity::warning, audit::AuditVerdict::Result::failed, {}};
  EXPECT_EQ(cases_of(report).counts_text(), "1 passed, 1 failed, 1 skipped");
  report.findings.clear();
  report.verdict =
      audit::AuditVerdict{Severity::warning, audit::AuditVerdict::Result::not_judged, {}};
  EXPECT_EQ(cases_of(report).counts_text(), "2 passed, 1 not judged");
}

// Where expressions are given, they alone decide.
TEST(ReportCase, ACompareFailsByItsExpressionsOrByWhatIsWorse) {
  analysis::Comparison comparison;
  analysis::ChangeRow row;
  row.stage = "total";
  row.quantity = "p50";
  row.difference.before = 1000;
  row.difference.after = 2000;
  row.change = analysis::Change::worse;
  comparison.rows = {row};
  EXPECT_EQ(cases_of(comparison).cases.front().state, ReportCase::State::failed);
  EXPECT_EQ(cases_of(comparison).cases.front().name, "p50(total) of all wakes");
  EXPECT_EQ(cases_of(comparison).cases.front().text, "worse: 1.00us -> 2.00us");
  comparison.verdicts = {
      told_verdict(VerdictResult::Outcome::passed, "p50(total) > +200%", "+100%")};
  EXPECT_EQ(cases_of(comparison).cases.back().state, ReportCase::State::noted);
}

}  // namespace
}  // namespace wakepath::present
