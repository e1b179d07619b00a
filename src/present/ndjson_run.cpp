// SPDX-License-Identifier: GPL-2.0-or-later
// How a run begins and ends, and what it lost.
#include <array>
#include <string_view>
#include <utility>

#include "analysis/histogram.hpp"
#include "present/ndjson_parts.hpp"

namespace wakepath::present {

namespace {

void write_trace(JsonWriter& json, const std::optional<TraceOrigin>& trace) {
  json.key("trace");
  if (!trace) {
    json.null();
    return;
  }
  json.begin_object();
  json.field("form", trace->form);
  json.text_or_null("clock", trace->clock);
  json.field("resolution_ns", known(trace->resolution_ns));
  json.field("untimed", trace->untimed);
  json.end_object();
}

void write_events(JsonWriter& json, const std::vector<EventState>& events) {
  json.key("events_enabled");
  json.begin_array();
  for (const EventState& event : events) {
    if (event.enabled) {
      json.value(event.event);
    }
  }
  json.end_array();
  json.key("events_missing");
  json.begin_array();
  for (const EventState& event : events) {
    if (!event.enabled) {
      json.begin_object();
      json.field("event", event.event);
      json.text_or_null("reason", event.reason);
      json.end_object();
    }
  }
  json.end_array();
}

constexpr std::array<std::pair<std::string_view, double>, 4> kPercentiles{
    {{"p50_ns", 0.5}, {"p90_ns", 0.9}, {"p99_ns", 0.99}, {"p999_ns", 0.999}}};

void write_target(JsonWriter& json, const std::optional<TargetResult>& target) {
  json.key("target");
  if (!target) {
    json.null();
    return;
  }
  json.begin_object();
  json.field("target_ns", target->target_ns);
  json.field("total", target->total);
  json.field("over", target->over);
  json.field("of", target->of);
  json.end_object();
}

void write_course(JsonWriter& json, const Summary& summary) {
  json.key("spread");
  json.begin_array();
  for (const SpreadRow& row : summary.spread) {
    json.begin_object();
    json.field("from_ns", row.from_ns);
    json.field("below_ns", row.below_ns);
    json.field("count", row.count);
    json.end_object();
  }
  json.end_array();
  json.key("course");
  json.begin_array();
  for (const WorstOfTime& part : summary.course) {
    json.begin_object();
    json.field("begin_ns", part.begin_ns);
    json.field("end_ns", part.end_ns);
    json.field("wakes", part.wakes);
    json.field("max_ns", part.wakes == 0 ? std::nullopt : std::optional(part.max_ns));
    json.end_object();
  }
  json.end_array();
  json.key("slowest");
  json.begin_array();
  for (const SlowWake& wake : summary.slowest) {
    json.begin_object();
    json.field("id", wake.id);
    json.field("total_ns", wake.total_ns);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void latency_ndjson(JsonWriter& json, const LatencyRow& row) {
  json.begin_object();
  vm_field(json, row.vm);
  json.field("vcpu", row.vcpu);
  json.field("path", row.path);
  json.field("stage", row.stage);
  json.field("count", row.count);
  // Without a measurement there is no latency.
  const auto of = [&row](std::uint64_t value) {
    return row.count == 0 ? std::nullopt : std::optional(value);
  };
  json.field("min_ns", of(row.min_ns));
  json.field("p50_ns", of(row.p50_ns));
  json.field("p90_ns", of(row.p90_ns));
  json.field("p99_ns", of(row.p99_ns));
  json.field("p999_ns", of(row.p999_ns));
  json.field("max_ns", of(row.max_ns));
  if (row.tid) {
    json.field("tid", row.tid);
  }
  if (row.vm_pid) {
    json.field("vm_pid", row.vm_pid);
  }
  json.key("too_few_for");
  json.begin_array();
  for (const auto& [field, q] : kPercentiles) {
    if (row.count < analysis::needed_for_quantile(q)) {
      json.value(field);
    }
  }
  json.end_array();
  json.end_object();
}

namespace {

void write_interrupts(JsonWriter& json, const std::vector<InterruptLoad>& interrupts) {
  json.key("interrupts");
  json.begin_array();
  for (const InterruptLoad& load : interrupts) {
    const Interrupt& interrupt = *load.interrupt;
    json.begin_object();
    json.field("irq", known_irq(interrupt));
    json.text_or_null("name", interrupt.action);
    json.text_or_null("device", interrupt.device_or_address());
    json.text_or_null("queue", interrupt.queue);
    json.text_or_null("bus", interrupt.bus);
    json.text_or_null("address", interrupt.address);
    json.text_or_null("driver", interrupt.driver);
    json.text_or_null("description", interrupt.description);
    json.text_or_null("given_to", interrupt.given_to);
    json.text_or_null("affinity", interrupt.affinity);
    json.text_or_null("effective", interrupt.effective);
    json.field("managed", interrupt.managed);
    const auto sums = [&json](const auto& of) {
      json.field("wakes", of.wakes);
      json.field("delayed", of.delayed);
      json.field("stole_ns", of.stole_ns);
    };
    sums(load);
    json.key("vms");
    json.begin_array();
    for (const InterruptLoad::Vm& vm : load.vms) {
      json.begin_object();
      vm_field(json, vm.vm);
      sums(vm);
      if (vm.vm_pid) {
        json.field("vm_pid", vm.vm_pid);
      }
      if (vm.tid) {
        json.field("tid", vm.tid);
      }
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

void write_programs(JsonWriter& json, const std::vector<ProgramCost>& programs) {
  json.key("programs");
  json.begin_array();
  for (const ProgramCost& program : programs) {
    json.begin_object();
    json.field("name", program.name);
    json.field("runs", program.runs);
    json.field("run_time_ns", program.run_time_ns);
    json.field("misses", program.misses);
    json.end_object();
  }
  json.end_array();
}

void write_cost(JsonWriter& json, const std::optional<TracerCost>& cost) {
  json.key("cost");
  if (!cost) {
    json.null();
    return;
  }
  json.begin_object();
  json.field("elapsed_ns", cost->elapsed_ns);
  json.field("runs", cost->runs);
  json.field("programs_ns", cost->programs_ns());
  json.field("sampled", cost->sampled);
  json.field("reader_ns", cost->reader_ns);
  json.end_object();
}

}  // namespace

void header_ndjson(const Header& header, const std::string& source, fmt::memory_buffer& out) {
  ndjson_line(out, "header", [&](JsonWriter& json) {
    json.field("schema", 1);
    json.text_or_null("wakepath", header.wakepath);
    json.field("source", source);
    json.text_or_null("kernel", header.kernel);
    json.text_or_null("arch", header.arch);
    json.field("cpus", known(header.cpus));
    json.field("counter_hz", header.counter_hz);
    json.field("begin_ns", header.begin_ns);
    write_events(json, header.events);
    write_trace(json, header.trace);
  });
}

void loss_ndjson(const Loss& loss, fmt::memory_buffer& out) {
  ndjson_line(out, "loss", [&](JsonWriter& json) {
    json.field("cpu", loss.cpu);
    json.field("begin_ns", loss.begin_ns);
    json.field("end_ns", loss.end_ns);
    json.field("lost", loss.lost);
  });
}

void verdict_ndjson(const VerdictResult& verdict, fmt::memory_buffer& out) {
  ndjson_line(out, "verdict", [&](JsonWriter& json) {
    json.field("expression", verdict.expression);
    json.field("value", verdict.value);
    json.field("count", verdict.count);
    json.field("result", name_of(verdict.outcome));
    json.text_or_null("reason", verdict.reason);
    if (verdict.line != 0) {
      json.key("budget");
      json.begin_object();
      json.text_or_null("name", verdict.budget);
      json.field("file", verdict.file);
      json.field("line", verdict.line);
      json.end_object();
    }
  });
}

void heat_map_ndjson(const std::vector<WorstOfTime>& course, fmt::memory_buffer& out) {
  for (const WorstOfTime& part : course) {
    ndjson_line(out, "heat_map", [&](JsonWriter& json) {
      json.field("begin_ns", part.begin_ns);
      json.field("end_ns", part.end_ns);
      json.field("wakes", part.wakes);
      json.key("counts");
      json.begin_array();
      for (std::size_t row = 0; row < kHeatRows; ++row) {
        if (part.by_latency[row] == 0) {
          continue;
        }
        json.begin_object();
        json.field("from_ns", row == 0 ? 0 : kHeatBounds[row - 1]);
        json.field("below_ns",
                   row < kHeatBounds.size() ? std::optional(kHeatBounds[row]) : std::nullopt);
        json.field("count", part.by_latency[row]);
        json.end_object();
      }
      json.end_array();
    });
  }
}

void summary_ndjson(const Summary& summary, bool untimed, fmt::memory_buffer& out) {
  ndjson_line(out, "summary", [&](JsonWriter& json) {
    json.field("duration_ns", untimed ? std::nullopt : std::optional(summary.duration_ns));
    json.field("events", summary.events);
    json.field("wakes", summary.wakes);
    json.field("complete", summary.complete);
    json.field("deliveries", summary.deliveries);
    json.key("incomplete");
    json.begin_object();
    json.field("lossy", summary.incomplete.lossy);
    json.field("no_root", summary.incomplete.no_root);
    json.field("no_entry", summary.incomplete.no_entry);
    json.field("cut", summary.incomplete.cut);
    json.field("no_expiry", summary.incomplete.no_expiry);
    json.field("untimed", summary.incomplete.untimed);
    json.end_object();
    json.field("lost", summary.lost);
    if (!summary.lost_exact) {
      json.field("lost_exact", false);
    }
    json.field("missed", summary.missed);
    json.field("late", summary.late);
    json.key("latency");
    json.begin_array();
    for (const LatencyRow& row : summary.latency) {
      latency_ndjson(json, row);
    }
    json.end_array();
    json.field("skipped", summary.skipped);
    json.field("guest_reports", summary.guest_reports);
    json.field("ring_bytes", known(summary.ring_bytes));
    write_programs(json, summary.programs);
    json.field("naming", summary.naming);
    json.field("damaged", summary.damaged);
    write_cost(json, summary.cost);
    write_interrupts(json, summary.interrupts);
    json.text_or_null("filter", summary.filter);
    if (summary.worst != 0) {
      json.field("worst", summary.worst);
    }
    json.text_or_null("partial", summary.partial == Partial::no ? "" : name_of(summary.partial));
    json.field("read_bytes", summary.part ? std::optional(summary.part->read_bytes) : std::nullopt);
    json.field("input_bytes", summary.part ? summary.part->of_bytes : std::nullopt);
    write_target(json, summary.target);
    write_course(json, summary);
  });
}

}  // namespace wakepath::present
