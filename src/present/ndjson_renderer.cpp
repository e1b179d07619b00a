// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/ndjson_sink.hpp"

#include "findings/quiet_vcpu.hpp"
#include "present/finding_ndjson.hpp"
#include "present/view.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

std::optional<std::uint64_t> known(std::uint64_t value) {
  return value == 0 ? std::nullopt : std::optional(value);
}

std::optional<std::uint32_t> known_irq(const Interrupt& interrupt) {
  return interrupt.irq == WP_IRQ_UNKNOWN ? std::nullopt : std::optional(interrupt.irq);
}

// WakeChain writes "?" for a VM of which nothing is known.
void vm_field(JsonWriter& json, const std::string& vm) {
  json.text_or_null("vm", vm == "?" ? std::string_view{} : std::string_view(vm));
}

// In a trace without times they are an order alone.
class Times {
 public:
  explicit Times(const Flags& flags) : known_(!flags.has(Flag::untimed)) {}
  std::optional<std::uint64_t> operator()(std::uint64_t ns) const {
    return known_ ? std::optional(ns) : std::nullopt;
  }

 private:
  bool known_;
};

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

void write_root(JsonWriter& json, const Root& root) {
  json.key("root");
  json.begin_object();
  json.field("kind", name_of(root.kind));
  json.field("cpu", root.cpu);
  json.field("irq", root.irq);
  json.text_or_null("irq_name", root.irq_name);
  json.text_or_null("function", root.function);
  json.field("expiry_ns", root.expiry_ns);
  const Interrupt nothing;
  const Interrupt& interrupt = root.interrupt ? *root.interrupt : nothing;
  json.text_or_null("device", interrupt.device_or_address());
  json.text_or_null("queue", interrupt.queue);
  json.text_or_null("address", interrupt.address);
  json.text_or_null("driver", interrupt.driver);
  json.text_or_null("given_to", interrupt.given_to);
  json.end_object();
}

void write_hops(JsonWriter& json, const std::vector<Hop>& hops, Times at) {
  json.key("hops");
  json.begin_array();
  for (const Hop& hop : hops) {
    json.begin_object();
    json.field("kind", name_of(hop.kind));
    json.text_or_null("name", hop.name);
    json.field("cpu", hop.cpu);
    json.field("tid", hop.tid);
    json.field("at_ns", at(hop.at_ns));
    json.end_object();
  }
  json.end_array();
}

void write_blamed(JsonWriter& json, const Interrupt* interrupt) {
  json.field("irq", interrupt != nullptr ? known_irq(*interrupt) : std::nullopt);
  json.text_or_null("device", interrupt != nullptr ? interrupt->device_or_address() : "");
  json.text_or_null("queue", interrupt != nullptr ? interrupt->queue : "");
}

void write_stages(JsonWriter& json, const std::vector<Stage>& stages, Times at) {
  json.key("stages");
  json.begin_array();
  for (const Stage& stage : stages) {
    json.begin_object();
    json.field("name", name_of(stage.kind));
    json.field("begin_ns", at(stage.begin_ns));
    json.field("end_ns", at(stage.end_ns));
    json.field("cpu", stage.cpu);
    json.text_or_null("actor", stage.actor);
    json.key("sub");
    json.begin_array();
    for (const SubStage& sub : stage.sub) {
      json.begin_object();
      json.field("name", sub.name);
      json.field("begin_ns", sub.begin_ns);
      json.field("end_ns", sub.end_ns);
      json.field("idle_state", sub.idle_state);
      json.end_object();
    }
    json.end_array();
    json.key("blame");
    json.begin_array();
    for (const Blame& blame : stage.blame) {
      json.begin_object();
      json.field("kind", name_of(blame.kind));
      json.text_or_null("what", blame.what);
      json.field("ns", blame.ns);
      json.field("tid", blame.tid);
      json.text_or_null("class", blame.prio ? scheduling_class(*blame.prio) : "");
      json.field("prio", blame.prio);
      if (blame.kind == BlameKind::hardirq) {
        write_blamed(json, blame.interrupt.get());
      }
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

void write_flags(JsonWriter& json, const Flags& flags) {
  json.key("flags");
  json.begin_array();
  for (std::size_t i = 0; i < kFlags; ++i) {
    const auto flag = static_cast<Flag>(i);
    if (flags.has(flag)) {
      json.value(name_of(flag));
    }
  }
  json.end_array();
}

void write_latency(JsonWriter& json, const LatencyRow& row) {
  json.begin_object();
  vm_field(json, row.vm);
  json.field("vcpu", row.vcpu);
  json.field("path", row.path);
  json.field("stage", row.stage);
  json.field("count", row.count);
  // Of nothing there is no latency.
  const auto of = [&row](std::uint64_t value) {
    return row.count == 0 ? std::nullopt : std::optional(value);
  };
  json.field("min_ns", of(row.min_ns));
  json.field("p50_ns", of(row.p50_ns));
  json.field("p90_ns", of(row.p90_ns));
  json.field("p99_ns", of(row.p99_ns));
  json.field("p999_ns", of(row.p999_ns));
  json.field("max_ns", of(row.max_ns));
  json.end_object();
}

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

// As WakeChain::complete().
bool complete(const Flags& flags) {
  return !flags.has(Flag::lossy) && !flags.has(Flag::no_root) && !flags.has(Flag::no_entry) &&
         !flags.has(Flag::cut) && !flags.has(Flag::missed_program) && !flags.has(Flag::no_expiry) &&
         !flags.has(Flag::untimed);
}

// One line: {"type":TYPE, what `body` writes}
template <typename Body>
Result<void> line(Output& out, std::string_view type, Body body) {
  JsonWriter json(out.buffer());
  json.begin_object();
  json.field("type", type);
  body(json);
  json.end_object();
  out.buffer().push_back('\n');
  return out.commit();
}

}  // namespace

Result<void> NdjsonSink::header(const Header& header) {
  arch_ = header.arch;
  untimed_ = header.trace && header.trace->untimed;
  return line(out_, "header", [&](JsonWriter& json) {
    json.field("schema", 1);
    json.text_or_null("wakepath", header.wakepath);
    json.field("source", source_);
    json.text_or_null("kernel", header.kernel);
    json.text_or_null("arch", header.arch);
    json.field("cpus", known(header.cpus));
    json.field("counter_hz", header.counter_hz);
    json.field("begin_ns", header.begin_ns);
    write_events(json, header.events);
    write_trace(json, header.trace);
  });
}

Result<void> NdjsonSink::wake(const WakeChain& chain) {
  return line(out_, "wake", [&](JsonWriter& json) {
    vm_field(json, chain.who.vm);
    json.field("vm_pid", chain.who.vm_pid);
    json.field("vcpu", chain.who.vcpu);
    json.field("tid", chain.who.tid);
    json.field("path", chain.path);
    write_root(json, chain.root);
    const Times at(chain.flags);
    write_hops(json, chain.hops, at);
    json.field("begin_ns", at(chain.begin_ns));
    json.field("end_ns", at(chain.end_ns));
    json.field("total_ns", at(chain.total_ns()));
    json.field("ends_at", name_of(chain.ends_at));
    write_stages(json, chain.stages, at);
    json.field("blocked_ns", chain.blocked_ns);
    json.field("ran_ns", chain.ran_ns);
    json.key("exits");
    if (chain.exits) {
      json.begin_object();
      for (const auto& [reason, count] : *chain.exits) {
        json.field(reason, count);
      }
      json.end_object();
    } else {
      json.null();
    }
    json.field("guest_lateness_ns", chain.guest_lateness_ns);
    json.field("guest_woke_ns", chain.guest_woke_ns);
    json.field("complete", chain.complete());
    write_flags(json, chain.flags);
  });
}

Result<void> NdjsonSink::delivery(const Delivery& delivery) {
  return line(out_, "delivery", [&](JsonWriter& json) {
    vm_field(json, delivery.who.vm);
    json.field("vcpu", delivery.who.vcpu);
    json.field("tid", delivery.who.tid);
    const Times at(delivery.flags);
    json.field("begin_ns", at(delivery.begin_ns));
    json.field("end_ns", at(delivery.end_ns));
    json.field("total_ns", at(delivery.end_ns - delivery.begin_ns));
    write_stages(json, delivery.stages, at);
    json.field("complete", complete(delivery.flags));
    write_flags(json, delivery.flags);
    json.field("vm_pid", delivery.who.vm_pid);
  });
}

Result<void> NdjsonSink::loss(const Loss& loss) {
  return line(out_, "loss", [&](JsonWriter& json) {
    json.field("cpu", loss.cpu);
    json.field("begin_ns", loss.begin_ns);
    json.field("end_ns", loss.end_ns);
    json.field("lost", loss.lost);
  });
}

Result<void> NdjsonSink::interval(const Interval& /*interval*/) { return {}; }

Result<void> NdjsonSink::notice(const std::string& text) {
  fmt::format_to(fmt::appender(notices_.buffer()), "wakepath: note: {}\n", escape_terminal(text));
  return notices_.flush();
}

Result<void> NdjsonSink::quiet(const QuietVcpu& vcpu) {
  finding_json(findings::quiet_vcpu(vcpu, arch_), out_.buffer());
  return out_.commit();
}

Result<void> NdjsonSink::summary(const Summary& summary) {
  for (const QuietVcpu& vcpu : summary.quiet) {
    if (auto done = quiet(vcpu); !done) {
      return done;
    }
  }
  return line(out_, "summary", [&](JsonWriter& json) {
    json.field("duration_ns", untimed_ ? std::nullopt : std::optional(summary.duration_ns));
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
    json.field("missed", summary.missed);
    json.field("late", summary.late);
    json.key("latency");
    json.begin_array();
    for (const LatencyRow& row : summary.latency) {
      write_latency(json, row);
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
  });
}

}  // namespace wakepath::present
