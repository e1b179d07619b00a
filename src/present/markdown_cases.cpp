// SPDX-License-Identifier: GPL-2.0-or-later
// --format markdown: a table for a comment or a job's summary.
#include <string>

#include "present/finding_text.hpp"
#include "present/report_case.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// As code: no link, no name of a person and no HTML is made of it. Punctuation as entities ends no
// cell, no code and no emphasis.
std::string code(std::string_view text) {
  std::string out = "<code>";
  for (const char c : escape_terminal(text)) {
    out += is_plain(c) ? std::string(1, c) : fmt::format("&#{};", static_cast<int>(c));
  }
  return out + "</code>";
}

std::string_view word_of(ReportCase::State state) {
  switch (state) {
    case ReportCase::State::passed:
      return "passed";
    case ReportCase::State::noted:
      return "noted";
    case ReportCase::State::failed:
      return "**failed**";
    case ReportCase::State::not_judged:
      return "**not judged**";
    case ReportCase::State::skipped:
      break;
  }
  return "skipped";
}

}  // namespace

void markdown_cases(const CaseReport& report, fmt::memory_buffer& out) {
  fmt::format_to(fmt::appender(out), "### wakepath {}: {}\n", report.suite, report.counts_text());
  if (report.cases.empty()) {
    return;
  }
  fmt::format_to(fmt::appender(out), "\n| result | case | what |\n| --- | --- | --- |\n");
  for (const ReportCase& one : report.cases) {
    std::string text = one.text.empty() ? "" : code(one.text);
    for (const Fix& fix : one.fixes) {
      text += fmt::format("<br>{}: {}", label_of(fix), code(fix_phrase(fix)));
    }
    fmt::format_to(fmt::appender(out), "| {} | {} | {} |\n", word_of(one.state), code(one.name),
                   text);
  }
}

}  // namespace wakepath::present
