// SPDX-License-Identifier: GPL-2.0-or-later
// --format json: one document, where --format ndjson has a line for each thing.
#include "present/finding_ndjson.hpp"
#include "present/report_case.hpp"

namespace wakepath::present {

void json_cases(const CaseReport& report, fmt::memory_buffer& out) {
  JsonWriter json(out);
  json.begin_object();
  json.field("schema", 1);
  json.field("suite", report.suite);
  for (const auto state :
       {ReportCase::State::passed, ReportCase::State::noted, ReportCase::State::failed,
        ReportCase::State::not_judged, ReportCase::State::skipped}) {
    json.field(name_of(state), report.count(state));
  }
  json.key("cases");
  json.begin_array();
  for (const ReportCase& one : report.cases) {
    json.begin_object();
    json.field("name", one.name);
    json.field("result", name_of(one.state));
    json.text_or_null("text", one.text);
    if (one.line != 0) {
      json.field("file", one.file);
      json.field("line", one.line);
    }
    write_fixes(json, one.fixes);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  out.push_back('\n');
}

}  // namespace wakepath::present
