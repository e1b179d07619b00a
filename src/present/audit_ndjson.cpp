// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <optional>
#include <string_view>

#include "present/audit_output.hpp"
#include "present/finding_ndjson.hpp"
#include "present/json.hpp"

namespace wakepath::present {
namespace {

using audit::AuditReport;

// An empty list is one that is known to be empty.
void list_field(JsonWriter& json, std::string_view name, const std::optional<CpuSet>& cpus) {
  json.key(name);
  if (cpus) {
    json.value(kernel_list(*cpus));
  } else {
    json.null();
  }
}

void whole_json(const AuditReport& report, fmt::memory_buffer& out) {
  JsonWriter json(out);
  json.begin_object();
  json.field("type", "audit");
  list_field(json, "isolated", report.isolated);
  list_field(json, "vcpu_cpus", report.vcpu_cpus);
  json.field("cpus_counted", report.cpus_counted);
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
  if (report.look) {
    json.key("look");
    json.begin_object();
    json.field("number", report.look->number);
    json.field("since_ns", report.look->since_ns);
    json.end_object();
  }
  json.key("verdict");
  if (report.verdict) {
    json.begin_object();
    json.field("fail_at", name_of(report.verdict->fail_at));
    json.field("result", name_of(report.verdict->result));
    json.text_or_null("reason", report.verdict->reason);
    json.end_object();
  } else {
    json.null();
  }
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
