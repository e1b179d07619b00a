// SPDX-License-Identifier: GPL-2.0-or-later
// --format junit: the XML that Jenkins, GitLab and others read. What is not judged is an error
// there, for it has not passed.
#include <string>

#include "present/finding_text.hpp"
#include "present/report_case.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

// XML 1.0 has no control characters at all, nor U+FFFE and U+FFFF.
std::string xml(std::string_view text) {
  std::string out;
  const std::string plain = escape_terminal(text);
  for (std::size_t at = 0; at < plain.size(); ++at) {
    const std::string_view rest = std::string_view(plain).substr(at);
    switch (plain[at]) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      default:
        if (rest.starts_with("\xef\xbf\xbe") || rest.starts_with("\xef\xbf\xbf")) {
          out += "\xef\xbf\xbd";
          at += 2;
        } else {
          out += plain[at];
        }
        break;
    }
  }
  return out;
}

std::string_view element_of(ReportCase::State state) {
  switch (state) {
    case ReportCase::State::failed:
      return "failure";
    case ReportCase::State::not_judged:
      return "error";
    case ReportCase::State::skipped:
      return "skipped";
    case ReportCase::State::passed:
    case ReportCase::State::noted:
      break;
  }
  return "system-out";
}

// As those write it who tell a line of a file.
std::string place_of(const ReportCase& one) {
  return one.line == 0 ? "" : fmt::format(R"( file="{}" line="{}")", xml(one.file), one.line);
}

std::string counts(const CaseReport& report) {
  return fmt::format(R"(tests="{}" failures="{}" errors="{}" skipped="{}")", report.cases.size(),
                     report.count(ReportCase::State::failed),
                     report.count(ReportCase::State::not_judged),
                     report.count(ReportCase::State::skipped));
}

}  // namespace

void junit_cases(const CaseReport& report, fmt::memory_buffer& out) {
  const auto print = [&out](const auto&... parts) { (out.append(std::string_view(parts)), ...); };
  print("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"wakepath\" ",
        counts(report), ">\n  <testsuite name=\"", xml(report.suite), "\" ", counts(report), ">\n");
  for (const ReportCase& one : report.cases) {
    print("    <testcase classname=\"wakepath.", xml(report.suite), "\" name=\"", xml(one.name),
          "\"", place_of(one), ">\n");
    const std::string_view element = element_of(one.state);
    const std::string text = xml(one.text);
    if (element == "system-out") {
      print("      <system-out>", text);
    } else if (element == "skipped") {
      print("      <skipped message=\"", text, "\">");
    } else {
      print("      <", element, " message=\"", text, "\" type=\"", name_of(one.state), "\">", text);
    }
    for (const Fix& fix : one.fixes) {
      print("\n", label_of(fix), ": ", xml(fix_phrase(fix)));
    }
    print("</", element, ">\n    </testcase>\n");
  }
  print("  </testsuite>\n</testsuites>\n");
}

}  // namespace wakepath::present
