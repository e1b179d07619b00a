// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/finding_text.hpp"

#include <algorithm>

#include "present/bars.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

constexpr std::size_t kSeverityWidth = 7;
constexpr std::size_t kGap = 2;

}  // namespace

std::string_view label_of(const Fix& fix) { return fix.look ? "look" : "fix"; }

void append_fixes(const std::vector<Fix>& fixes, std::size_t indent, fmt::memory_buffer& out) {
  const auto line = [&](std::string_view label, const std::string& text) {
    if (!text.empty()) {
      fmt::format_to(fmt::appender(out), "{:{}}{}: {}\n", "", indent, label, escape_terminal(text));
    }
  };
  for (const Fix& fix : fixes) {
    line(label_of(fix), fix.command);
    line("note", fix.note);
  }
}

std::size_t text_column(std::size_t rule_width) {
  return kSeverityWidth + kGap + rule_width + kGap;
}

void append_finding(const Finding& finding, std::size_t rule_width, fmt::memory_buffer& out) {
  fmt::format_to(fmt::appender(out), "{:<{}}  {:<{}}  {}\n", name_of(finding.severity),
                 kSeverityWidth, finding.rule, rule_width, escape_terminal(finding.text));
  append_fixes(finding.fixes, text_column(rule_width), out);
}

std::string fitted(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::string_view words = line.substr(std::min(line.find_first_not_of(' '), end));
    out += words.starts_with("note: ") ? wrapped(line, width) : wrapped(line, width, indent);
    out += end < text.size() ? "\n" : "";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string fix_phrase(const Fix& fix) {
  if (fix.command.empty() || fix.note.empty()) {
    return escape_terminal(fix.command + fix.note);
  }
  return escape_terminal(fix.command) + " (" + escape_terminal(fix.note) + ")";
}

}  // namespace wakepath::present
