// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/ndjson_parts.hpp"
#include "present/view.hpp"

namespace wakepath::present {

namespace {

// In a trace without times, the times of events are an order and nothing more: they become null.
class Times {
 public:
  explicit Times(const Flags& flags) : known_(!flags.has(Flag::untimed)) {}
  std::optional<std::uint64_t> operator()(std::uint64_t ns) const {
    return known_ ? std::optional(ns) : std::nullopt;
  }

 private:
  bool known_;
};

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

// As WakeChain::complete().
bool complete(const Flags& flags) {
  return !flags.has(Flag::lossy) && !flags.has(Flag::no_root) && !flags.has(Flag::no_entry) &&
         !flags.has(Flag::cut) && !flags.has(Flag::missed_program) && !flags.has(Flag::no_expiry) &&
         !flags.has(Flag::untimed);
}

}  // namespace

void wake_ndjson(const WakeChain& chain, fmt::memory_buffer& out) {
  ndjson_line(out, "wake", [&](JsonWriter& json) {
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
    json.field("id", known(chain.id));
    json.text_or_null("time", chain.realtime_ns ? iso_time(*chain.realtime_ns) : "");
  });
}

void delivery_ndjson(const Delivery& delivery, fmt::memory_buffer& out) {
  ndjson_line(out, "delivery", [&](JsonWriter& json) {
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

}  // namespace wakepath::present
