// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/check_output.hpp"

#include <algorithm>

#include "findings/finding_list.hpp"
#include "present/finding_ndjson.hpp"
#include "present/finding_text.hpp"
#include "present/json.hpp"
#include "present/view.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

using findings::Check;

namespace {

std::uint64_t count(const std::vector<Check>& checks, Check::State state) {
  return static_cast<std::uint64_t>(std::ranges::count(checks, state, &Check::state));
}

}  // namespace

void check_text(const std::vector<Check>& checks, std::size_t page, fmt::memory_buffer& out) {
  constexpr std::size_t kBeforeNames = 11;  // blanks, and the widest state
  constexpr std::size_t kAfterNames = 2;
  const std::uint64_t missing = count(checks, Check::State::missing);
  const std::uint64_t warnings = count(checks, Check::State::warning);
  if (missing != 0) {
    fmt::format_to(fmt::appender(out), "This host can't capture now: {} missing.\n", missing);
  } else {
    fmt::format_to(fmt::appender(out), "This host can capture{}.\n",
                   warnings == 0 ? "" : ", with " + count_text(warnings, "warning"));
  }
  std::size_t width = 0;
  for (const Check& check : checks) {
    width = std::max(width, columns_of(escape_terminal(check.name)));
  }
  const std::size_t indent = kBeforeNames + width + kAfterNames;
  fmt::memory_buffer lines;
  for (const Check& check : checks) {
    fmt::format_to(fmt::appender(lines), "  {:<8} {:<{}}  {}\n", name_of(check.state),
                   escape_terminal(check.name), width, escape_terminal(check.detail));
    if (check.finding) {
      append_fixes(check.finding->fixes, indent, lines);
    }
  }
  const std::string text = fitted({lines.data(), lines.size()}, page, indent);
  out.append(text);
}

void check_ndjson(const std::vector<Check>& checks, fmt::memory_buffer& out) {
  for (const Check& check : checks) {
    JsonWriter json(out);
    json.begin_object();
    json.field("type", "check");
    json.field("name", check.name);
    json.field("state", name_of(check.state));
    json.text_or_null("detail", check.detail);
    json.text_or_null("fix", check.finding ? findings::first_fix_text(check.finding->fixes) : "");
    json.end_object();
    out.push_back('\n');
  }
  for (const Finding& finding : findings::findings_of(checks)) {
    finding_json(finding, out);
  }
}

}  // namespace wakepath::present
