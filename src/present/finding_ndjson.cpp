// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/finding_ndjson.hpp"

#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "findings/finding_list.hpp"
#include "util/cpu_set.hpp"

namespace wakepath::present {

namespace {

// The CPU, where the list has one alone.
std::optional<std::uint32_t> only_cpu(const std::string& cpus) {
  const auto set = CpuSet::parse(cpus);
  return set && set->size() == 1 ? std::optional(set->list().front()) : std::nullopt;
}

void write_evidence(JsonWriter& json, const std::vector<Figure>& evidence) {
  json.key("evidence");
  json.begin_object();
  for (const auto& [name, figure] : evidence) {
    json.key(name);
    std::visit(
        [&json](const auto& known) {
          if constexpr (std::is_same_v<std::decay_t<decltype(known)>, std::monostate>) {
            json.null();
          } else {
            json.value(known);
          }
        },
        figure);
  }
  json.end_object();
}

void write_subject(JsonWriter& json, const Subject& subject) {
  json.key("subject");
  json.begin_object();
  json.text_or_null("vm", subject.vm);
  json.field("vm_pid", subject.vm_pid);
  json.field("vcpu", subject.vcpu);
  json.field("cpu", only_cpu(subject.cpus));
  json.text_or_null("cpus", subject.cpus);
  json.field("tid", subject.tid);
  json.text_or_null("comm", subject.comm);
  json.text_or_null("irq", subject.irq);
  json.text_or_null("device", subject.device);
  json.end_object();
}

}  // namespace

void write_change(JsonWriter& json, std::string_view name,
                  const std::optional<ChangeInterval>& change) {
  if (change) {
    json.key(name);
    json.begin_array();
    json.value(change->low_ns);
    json.value(change->high_ns);
    json.end_array();
  }
}

namespace {

void write_effect(JsonWriter& json, const Effect& effect) {
  json.key("effect");
  if (!effect.known()) {
    json.null();
    return;
  }
  json.begin_object();
  json.field("p50_ns", effect.p50_ns);
  json.field("p50_without_ns", effect.p50_without_ns);
  json.field("p99_ns", effect.p99_ns);
  json.field("p99_without_ns", effect.p99_without_ns);
  json.field("wakes", effect.wakes);
  write_change(json, "p50_change_ns", effect.p50_change);
  write_change(json, "p99_change_ns", effect.p99_change);
  json.end_object();
}

}  // namespace

void write_fixes(JsonWriter& json, const std::vector<Fix>& fixes) {
  json.key("fixes");
  json.begin_array();
  for (const Fix& fix : fixes) {
    json.begin_object();
    json.text_or_null("command", fix.command);
    json.text_or_null("undo", fix.undo);
    json.text_or_null("note", fix.note);
    if (fix.look) {
      json.field("look", true);
    }
    json.end_object();
  }
  json.end_array();
}

// cpu, cpus, vm, vm_pid, vcpu and fix say again what subject and fixes say: they were there first.
void finding_json(const Finding& finding, fmt::memory_buffer& out) {
  const Subject& subject = finding.subject;
  JsonWriter json(out);
  json.begin_object();
  json.field("type", "finding");
  json.field("severity", name_of(finding.severity));
  json.field("rule", finding.rule);
  json.field("confidence", name_of(finding.confidence));
  json.field("cpu", only_cpu(subject.cpus));
  json.text_or_null("cpus", subject.cpus);
  json.text_or_null("vm", subject.vm);
  json.field("vm_pid", subject.vm_pid);
  json.field("vcpu", subject.vcpu);
  json.text_or_null("text", finding.text);
  write_evidence(json, finding.evidence);
  json.text_or_null("fix", findings::first_fix_text(finding.fixes));
  write_subject(json, subject);
  write_effect(json, finding.effect);
  write_fixes(json, finding.fixes);
  json.end_object();
  out.push_back('\n');
}

}  // namespace wakepath::present
