// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/finding_text.hpp"

#include <string_view>

#include "util/escape.hpp"

namespace wakepath::present {

void append_fixes(const std::vector<Fix>& fixes, std::size_t indent, fmt::memory_buffer& out) {
  const auto line = [&](std::string_view label, const std::string& text) {
    if (!text.empty()) {
      fmt::format_to(fmt::appender(out), "{:{}}{}: {}\n", "", indent, label, escape_terminal(text));
    }
  };
  for (const Fix& fix : fixes) {
    line("fix", fix.command);
    line("note", fix.note);
  }
}

void append_finding(const Finding& finding, std::size_t rule_width, fmt::memory_buffer& out) {
  constexpr std::size_t kSeverityWidth = 7;
  constexpr std::size_t kGap = 2;
  fmt::format_to(fmt::appender(out), "{:<{}}  {:<{}}  {}\n", name_of(finding.severity),
                 kSeverityWidth, finding.rule, rule_width, escape_terminal(finding.text));
  append_fixes(finding.fixes, kSeverityWidth + kGap + rule_width + kGap, out);
}

std::string fix_phrase(const Fix& fix) {
  if (fix.command.empty() || fix.note.empty()) {
    return escape_terminal(fix.command + fix.note);
  }
  return escape_terminal(fix.command) + " (" + escape_terminal(fix.note) + ")";
}

}  // namespace wakepath::present
