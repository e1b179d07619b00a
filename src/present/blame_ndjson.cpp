// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/blame_ndjson.hpp"

#include <cmath>
#include <optional>

#include "present/json.hpp"
#include "present/ndjson_parts.hpp"

namespace wakepath::present {

namespace {

void write_group(JsonWriter& json, const BlameGroup& group) {
  json.field("vm", group.vm);
  json.field("vm_pid", group.vm_pid);
  json.field("vcpu", group.vcpu);
  json.field("vcpu_tid", group.tid);
  json.field("path", group.path);
  json.text_or_null("stage", group.stage ? name_of(*group.stage) : std::string_view());
  json.field("cpu", group.cpu);
}

// With `total_ns` the share of a row is known without its group.
void write_row(JsonWriter& json, const BlameGroup& group, const BlameRow& row) {
  json.field("kind", name_of(row.kind));
  json.text_or_null("what", row.what);
  json.field("tid", row.tid);
  const bool known = row.interrupt && row.interrupt->irq != WP_IRQ_UNKNOWN;
  json.field("irq", known ? std::optional(row.interrupt->irq) : std::nullopt);
  json.text_or_null("device", row.interrupt ? row.interrupt->device_or_address() : std::string());
  json.field("ns", row.ns);
  json.field("of_ns", group.ns);
  json.field("wakes", row.wakes);
  json.field("of_wakes", group.wakes);
  json.field("worst_ns", row.worst_ns);
  json.field("p50_without_ns", row.p50_without_ns);
  json.field("p99_without_ns", row.p99_without_ns);
}

}  // namespace

void blame_ndjson(const std::vector<BlameGroup>& blame, fmt::memory_buffer& out) {
  for (const BlameGroup& group : blame) {
    for (const BlameRow& row : group.rows) {
      ndjson_line(out, "blame", [&](JsonWriter& json) {
        write_group(json, group);
        write_row(json, group, row);
      });
    }
  }
}

void what_if_ndjson(const std::optional<WhatIf>& what, fmt::memory_buffer& out) {
  if (!what) {
    return;
  }
  ndjson_line(out, "what_if", [&](JsonWriter& json) {
    json.key("without");
    json.begin_array();
    for (const WhatIf::Class& one : what->classes) {
      json.begin_object();
      json.field("class", one.text);
      json.field("wakes", one.wakes);
      json.field("ns", one.ns);
      json.end_object();
    }
    json.end_array();
    json.field("wakes", what->wakes);
    json.field("of_wakes", what->of_wakes);
    json.field("ns", what->ns);
    json.field("of_ns", what->of_ns);
    json.key("now");
    latency_ndjson(json, what->now);
    json.key("then");
    latency_ndjson(json, what->then);
    json.key("not_foretold");
    json.begin_array();
    for (const std::string& open : what->open) {
      json.value(open);
    }
    json.end_array();
  });
}

}  // namespace wakepath::present
