// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/ndjson_parts.hpp"
#include "present/outline_text.hpp"

namespace wakepath::present {

namespace {

void write_task(JsonWriter& json, std::string_view name, const std::string& comm,
                const std::optional<std::uint32_t>& tid) {
  json.key(name);
  if (!tid) {
    json.null();
    return;
  }
  json.begin_object();
  json.field("comm", comm);
  json.field("tid", *tid);
  json.end_object();
}

void write_step(JsonWriter& json, const OutlineStep& step) {
  json.begin_object();
  json.field("kind", name_of(step.kind));
  json.field("line", step.line);
  json.field("cpu", step.cpu);
  json.field("level", step.level);
  write_task(json, "task", step.task, step.tid);
  json.field("trace_ns", step.at_ns);
  json.field("duration_ns", step.duration_ns);
  json.key("functions");
  json.begin_array();
  for (const std::string& function : step.functions) {
    json.value(function);
  }
  json.end_array();
  if (step.kind == OutlineKind::woken || step.kind == OutlineKind::switched) {
    write_task(json, "who", step.who, step.who_tid);
  }
  json.end_object();
}

}  // namespace

void outline_ndjson(const OutlineWake& wake, std::uint64_t number, fmt::memory_buffer& out) {
  ndjson_line(out, "outline", [&](JsonWriter& json) {
    json.field("wake", number);
    write_task(json, "vcpu", wake.vcpu, wake.tid);
    json.field("cause_seen", wake.cause_seen);
    json.field("whole", wake.whole);
    json.field("left_out", wake.left_out);
    json.key("steps");
    json.begin_array();
    for (const OutlineStep& step : wake.steps) {
      write_step(json, step);
    }
    json.end_array();
  });
}

}  // namespace wakepath::present
