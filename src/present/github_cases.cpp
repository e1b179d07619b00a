// SPDX-License-Identifier: GPL-2.0-or-later
// --format github: workflow commands of GitHub Actions, which become annotations of the run.
#include <string>

#include "present/finding_text.hpp"
#include "present/report_case.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

// A property ends at ':' and ','.
std::string command_text(std::string_view text, bool property) {
  std::string out;
  for (const char c : escape_terminal(text)) {
    const bool escaped = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    if (escaped) {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view command_of(ReportCase::State state) {
  switch (state) {
    case ReportCase::State::failed:
    case ReportCase::State::not_judged:
      return "error";
    case ReportCase::State::noted:
      return "warning";
    case ReportCase::State::skipped:  // the last line counts them
    case ReportCase::State::passed:
      break;
  }
  return {};
}

}  // namespace

void github_cases(const CaseReport& report, fmt::memory_buffer& out) {
  for (const ReportCase& one : report.cases) {
    const std::string_view command = command_of(one.state);
    if (command.empty()) {
      continue;
    }
    std::string text =
        one.text.starts_with(one.name) ? one.text : fmt::format("{}: {}", one.name, one.text);
    if (one.state == ReportCase::State::not_judged) {
      text.insert(0, "not judged: ");
    }
    std::string message = command_text(text, false);
    for (const Fix& fix : one.fixes) {
      message += fmt::format("%0A{}: {}", label_of(fix), command_text(fix_phrase(fix), false));
    }
    const std::string place =
        one.line == 0 ? ""
                      : fmt::format("file={},line={},", command_text(one.file, true), one.line);
    fmt::format_to(fmt::appender(out), "::{} {}title={}::{}\n", command, place,
                   command_text("wakepath " + report.suite, true), message);
  }
  fmt::format_to(fmt::appender(out), "wakepath {}: {}\n", report.suite, report.counts_text());
}

}  // namespace wakepath::present
