// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "present/audit_output.hpp"
#include "present/finding_ndjson.hpp"
#include "present/json.hpp"

namespace wakepath::present {
namespace {

using audit::AuditReport;

void whole_json(const AuditReport& report, fmt::memory_buffer& out) {
  JsonWriter json(out);
  json.begin_object();
  json.field("type", "audit");
  json.field("isolated", report.isolated.text());
  json.field("vcpu_cpus", report.vcpu_cpus.text());
  for (const Severity severity : {Severity::error, Severity::warning, Severity::info}) {
    json.field(name_of(severity),
               std::ranges::count(report.findings, severity, &Finding::severity));
  }
  json.key("checked");
  json.begin_array();
  for (const std::string& rule : report.checked) {
    json.value(rule);
  }
  json.end_array();
  json.key("not_checked");
  json.begin_array();
  for (const NotChecked& one : report.not_checked) {
    json.begin_object();
    json.field("rule", one.rule);
    json.field("why", one.why);
    json.end_object();
  }
  json.end_array();
  json.key("observed");
  if (report.observed) {
    json.begin_object();
    json.field("duration_ns", report.observed->duration_ns);
    json.field("wakes", report.observed->wakes);
    json.field("lost", report.observed->lost);
    json.field("missed", report.observed->missed);
    json.field("cut", report.observed->cut);
    json.end_object();
  } else {
    json.null();
  }
  json.text_or_null("not_observed", report.not_observed);
  json.end_object();
  out.push_back('\n');
}

}  // namespace

void audit_ndjson(const AuditReport& report, fmt::memory_buffer& out) {
  for (const Finding& finding : report.findings) {
    finding_json(finding, out);
  }
  whole_json(report, out);
}

}  // namespace wakepath::present
