// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/doctor_output.hpp"

#include <algorithm>

#include "present/json.hpp"
#include "present/print.hpp"
#include "present/view.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

using Check = DoctorReport::Check;
using State = DoctorReport::State;

const char* name_of(State state) {
  switch (state) {
    case State::ok:
      return "ok";
    case State::warning:
      return "warning";
    case State::missing:
      return "missing";
  }
  return "";
}

}  // namespace

void doctor_text(const DoctorReport& report, fmt::memory_buffer& out) {
  const auto count = [&report](State state) {
    return static_cast<std::uint64_t>(std::ranges::count(report.checks, state, &Check::state));
  };
  const std::uint64_t missing = count(State::missing);
  const std::uint64_t warnings = count(State::warning);
  if (missing != 0) {
    print(out, "This host can't capture now: {} missing.\n", missing);
  } else {
    print(out, "This host can capture{}.\n",
          warnings == 0 ? "" : ", with " + count_text(warnings, "warning"));
  }
  std::size_t width = 0;
  for (const Check& check : report.checks) {
    width = std::max(width, columns_of(escape_terminal(check.name)));
  }
  for (const Check& check : report.checks) {
    print(out, "  {:<8} {:<{}}  {}\n", name_of(check.state), escape_terminal(check.name), width,
          escape_terminal(check.detail));
    if (!check.fix.empty()) {
      print(out, "  {:<8} {:<{}}  try: {}\n", "", "", width, escape_terminal(check.fix));
    }
  }
}

void doctor_ndjson(const DoctorReport& report, fmt::memory_buffer& out) {
  for (const Check& check : report.checks) {
    JsonWriter json(out);
    json.begin_object();
    json.field("type", "check");
    json.field("name", check.name);
    json.field("state", name_of(check.state));
    json.text_or_null("detail", check.detail);
    json.text_or_null("fix", check.fix);
    json.end_object();
    out.push_back('\n');
  }
}

}  // namespace wakepath::present
