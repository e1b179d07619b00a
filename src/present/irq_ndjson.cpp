// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/irq_ndjson.hpp"

#include <algorithm>

#include "present/json.hpp"

namespace wakepath::present {
namespace {

using interrupts::IrqRow;

const char* kind_name(IrqRow::Kind kind) {
  switch (kind) {
    case IrqRow::Kind::device:
      return "device";
    case IrqRow::Kind::per_cpu:
      return "per_cpu";
    case IrqRow::Kind::ipi:
      return "ipi";
    case IrqRow::Kind::error:
      return "error";
  }
  return "";
}

// A large host has thousands of CPUs, and each interrupt comes to a few of them.
void append_zeros(std::size_t many, std::string& out) {
  constexpr std::string_view kZeros =
      "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,";
  constexpr std::size_t kAtOnce = kZeros.size() / 2;
  for (; many >= kAtOnce; many -= kAtOnce) {
    out += kZeros;
  }
  out += kZeros.substr(0, many * 2);
}

void counts_json(const interrupts::IrqReport& report, const IrqRow& row, JsonWriter& json) {
  json.key("counts");
  if (!row.by_cpu || !row.total) {
    json.null();
    return;
  }
  std::string text;
  std::size_t column = 0;
  for (const host::CpuCount& one : row.counts) {
    const auto at = static_cast<std::size_t>(std::ranges::lower_bound(report.cpus, one.cpu) -
                                             report.cpus.begin());
    append_zeros(at - std::min(at, column), text);
    fmt::format_to(std::back_inserter(text), "{},", one.count);
    column = at + 1;
  }
  append_zeros(report.cpus.size() - std::min(report.cpus.size(), column), text);
  text.resize(text.size() - (text.empty() ? 0 : 1));
  json.begin_array();
  if (!text.empty()) {
    json.raw(text);
  }
  json.end_array();
}

}  // namespace

void irq_json(const interrupts::IrqReport& report, const IrqRow& row, fmt::memory_buffer& out) {
  JsonWriter json(out);
  json.begin_object();
  json.field("type", "irq");
  json.key("irq");
  if (row.number) {
    json.value(*row.number);
  } else {
    json.value(row.label);
  }
  json.field("kind", kind_name(row.kind));
  json.text_or_null("name", row.name);
  json.text_or_null("chip", row.chip);
  json.field("hwirq", row.hwirq);
  json.text_or_null("trigger", row.trigger);
  counts_json(report, row, json);
  json.text_or_null("cpus", report.cpu_list);
  json.field("total", row.total);
  json.field("rate", row.rate);
  json.text_or_null("pci", row.pci);
  json.text_or_null("bus", row.bus);
  json.text_or_null("address", row.pci.empty() ? row.address : row.pci);
  json.text_or_null("device", row.device);
  json.text_or_null("driver", row.driver);
  json.text_or_null("user_name", row.names.empty() ? "" : row.names.front());
  json.key("names");
  json.begin_array();
  for (const std::string& name : row.names) {
    json.value(name);
  }
  json.end_array();
  json.text_or_null("queue", row.queue);
  json.field("msi_index", row.msi_index);
  json.text_or_null("vm", row.vm);
  json.field("vm_pid", row.vm_pid);
  json.field("node", row.node);
  json.text_or_null("affinity", row.affinity);
  json.text_or_null("effective", row.effective);
  json.field("managed", row.managed);
  json.text_or_null("about", row.about);
  json.end_object();
  out.push_back('\n');
}

}  // namespace wakepath::present
