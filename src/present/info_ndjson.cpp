// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/info_text.hpp"
#include "present/json.hpp"
#include "present/ndjson_parts.hpp"
#include "present/view.hpp"

namespace wakepath::present {

namespace {

void write_vms(JsonWriter& json, const std::vector<RecordingInfo::Vm>& vms) {
  json.key("vms");
  json.begin_array();
  for (const RecordingInfo::Vm& vm : vms) {
    json.begin_object();
    json.text_or_null("vm", vm.name);
    json.field("vm_pid", known(vm.pid));
    json.key("vcpus");
    json.begin_array();
    for (const auto& [tid, vcpu] : vm.vcpus) {
      json.begin_object();
      json.field("vcpu", vcpu.index);
      json.text_or_null("thread", vcpu.thread);
      json.field("tid", tid);
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

void write_names(JsonWriter& json, std::string_view key, const std::vector<std::string>& names) {
  json.key(key);
  json.begin_array();
  for (const std::string& name : names) {
    json.value(name);
  }
  json.end_array();
}

void write_inside(JsonWriter& json, const RecordingInfo::Inside& inside) {
  json.key("inside");
  json.begin_object();
  write_names(json, "vms", inside.vms);
  write_names(json, "threads", inside.threads);
  write_names(json, "devices", inside.devices);
  write_names(json, "files", inside.files);
  json.field("functions", inside.functions);
  json.field("kernel_addresses", inside.kernel_addresses);
  json.end_object();
}

std::string_view breach_kind(BreachFact::Kind kind) {
  switch (kind) {
    case BreachFact::Kind::wake:
      return "wake";
    case BreachFact::Kind::lost:
      return "lost";
    case BreachFact::Kind::signal:
      return "signal";
  }
  return "?";
}

void write_trigger(JsonWriter& json, const RecordingInfo& info) {
  json.key("trigger");
  json.begin_object();
  write_names(json, "conditions", info.trigger->conditions);
  json.field("before_ns", info.trigger->before_ns);
  json.field("after_ns", info.trigger->after_ns);
  json.end_object();
  json.key("breaches");
  json.begin_array();
  for (const auto& [breach, realtime_offset_ns] : info.breaches) {
    const bool wake = breach.kind == BreachFact::Kind::wake;
    json.begin_object();
    json.field("kind", breach_kind(breach.kind));
    json.field("condition", breach.condition);
    json.text_or_null("measured", breach.measured);
    json.field("begin_ns", wake ? std::optional(breach.begin_ns) : std::nullopt);
    json.field("at_ns", breach.at_ns);
    json.text_or_null("time",
                      realtime_offset_ns ? iso_time(breach.at_ns + *realtime_offset_ns) : "");
    json.text_or_null("vm", breach.vm);
    json.field("vcpu", breach.vcpu);
    json.field("tid", wake ? std::optional(breach.tid) : std::nullopt);
    json.text_or_null("path", breach.path);
    json.end_object();
  }
  json.end_array();
  json.field("more_breaches", info.more_breaches);
}

}  // namespace

void info_ndjson(const RecordingInfo& info, fmt::memory_buffer& out) {
  const auto capture = info.capture.value_or(RecordingInfo::Capture{});
  JsonWriter json(out);
  json.begin_object();
  json.field("type", "info");
  const auto of_file = [&info](auto RecordingInfo::File::*field) {
    return info.file ? std::optional((*info.file).*field) : std::nullopt;
  };
  json.field("format", of_file(&RecordingInfo::File::version));
  json.field("whole", !info.damaged && !(info.file && info.file->incomplete));
  json.field("file_bytes", of_file(&RecordingInfo::File::bytes));
  json.field("chunks", of_file(&RecordingInfo::File::chunks));
  json.field("damaged_chunks", of_file(&RecordingInfo::File::damaged_chunks));
  json.field("records", of_file(&RecordingInfo::File::records));
  json.field("events", info.events);
  json.field("guest_reports", info.guest_reports);
  json.field("lost", info.lost);
  if (!info.lost_exact) {
    json.field("lost_exact", false);
  }
  json.field("missed", info.missed);
  json.field("skipped", info.skipped);
  json.field("first_ns", info.first_ns);
  json.field("last_ns", info.last_ns);
  json.field("realtime_offset_ns", capture.realtime_offset_ns);
  json.text_or_null("options", capture.command);
  json.field("ring_bytes", known(info.ring_bytes));
  json.field("host_files", info.host_files);
  json.field("poll_ns", known(info.poll_ns));
  json.field("hold_back_ns", known(info.hold_back_ns));
  write_vms(json, info.vms);
  json.key("event_counts");
  json.begin_object();
  for (const auto& [event, count] : info.event_counts) {
    json.field(event, count);
  }
  json.end_object();
  if (info.trigger) {
    write_trigger(json, info);
  }
  if (info.inside) {
    write_inside(json, *info.inside);
  }
  json.end_object();
  out.push_back('\n');
}

}  // namespace wakepath::present
