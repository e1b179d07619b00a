// SPDX-License-Identifier: GPL-2.0-or-later
// The tables that grow with each wake.
#include "analysis/total_kind.hpp"
#include "export/columns.hpp"
#include "present/view.hpp"

namespace wakepath::exports {

namespace {

// In a trace without times, the times of events are an order and nothing more.
Cell time_cell(const Flags& flags, std::uint64_t ns) {
  return flags.has(Flag::untimed) ? Cell{} : number(ns);
}

Cell total_cell(const WakeChain& wake) {
  const auto kind = analysis::total_kind(wake);
  return kind ? text(name_of(*kind)) : Cell{};
}

Cell flags_cell(const Flags& flags) {
  std::string names;
  for (std::size_t i = 0; i < kFlags; ++i) {
    const auto flag = static_cast<Flag>(i);
    if (flags.has(flag)) {
      names += names.empty() ? "" : " ";
      names += name_of(flag);
    }
  }
  return made_text(std::move(names));
}

using Wake = Column<WakeChain>;
constexpr std::array kWakes{
    Wake{"wake", kInteger, [](const WakeChain& w) { return number(w.id); }},
    Wake{"vm", kText, [](const WakeChain& w) { return vm_text(w.who.vm); }},
    Wake{"vm_pid", kInteger, [](const WakeChain& w) { return maybe(w.who.vm_pid); }},
    Wake{"vcpu", kInteger, [](const WakeChain& w) { return maybe(w.who.vcpu); }},
    Wake{"tid", kInteger, [](const WakeChain& w) { return number(w.who.tid); }},
    Wake{"path", kText, [](const WakeChain& w) { return text(w.path); }},
    Wake{"total", kText, total_cell},
    Wake{"total_ns", kInteger, [](const WakeChain& w) { return time_cell(w.flags, w.total_ns()); }},
    Wake{"begin_ns", kInteger, [](const WakeChain& w) { return time_cell(w.flags, w.begin_ns); }},
    Wake{"end_ns", kInteger, [](const WakeChain& w) { return time_cell(w.flags, w.end_ns); }},
    Wake{"time", kText,
         [](const WakeChain& w) {
           return w.realtime_ns ? made_text(present::iso_time(*w.realtime_ns)) : Cell{};
         }},
    Wake{"ends_at", kText, [](const WakeChain& w) { return text(name_of(w.ends_at)); }},
    Wake{
        "cpu", kInteger,
        [](const WakeChain& w) { return w.stages.empty() ? Cell{} : number(w.stages.back().cpu); }},
    Wake{"complete", kInteger, [](const WakeChain& w) { return truth(w.complete()); }},
    Wake{"flags", kText, [](const WakeChain& w) { return flags_cell(w.flags); }},
    Wake{"root", kText, [](const WakeChain& w) { return text(name_of(w.root.kind)); }},
    Wake{"root_cpu", kInteger, [](const WakeChain& w) { return maybe(w.root.cpu); }},
    Wake{"root_irq", kInteger, [](const WakeChain& w) { return maybe(w.root.irq); }},
    Wake{"root_irq_name", kText, [](const WakeChain& w) { return text(w.root.irq_name); }},
    Wake{"root_function", kText, [](const WakeChain& w) { return text(w.root.function); }},
    Wake{"root_device", kText,
         [](const WakeChain& w) {
           return text(interrupt_of(w.root.interrupt).device_or_address());
         }},
    Wake{"root_queue", kText,
         [](const WakeChain& w) { return text(interrupt_of(w.root.interrupt).queue); }},
    Wake{"expiry_ns", kInteger, [](const WakeChain& w) { return maybe(w.root.expiry_ns); }},
    Wake{"blocked_ns", kInteger, [](const WakeChain& w) { return maybe(w.blocked_ns); }},
    Wake{"ran_ns", kInteger, [](const WakeChain& w) { return maybe(w.ran_ns); }},
    Wake{"guest_lateness_ns", kInteger,
         [](const WakeChain& w) {
           return w.guest_lateness_ns ? Cell{*w.guest_lateness_ns} : Cell{};
         }},
};

constexpr std::array kStages{
    Column<StageRow>{"wake", kInteger, [](const StageRow& s) { return number(s.wake.id); }},
    Column<StageRow>{"stage", kInteger, [](const StageRow& s) { return number(s.number); }},
    Column<StageRow>{"name", kText, [](const StageRow& s) { return text(name_of(s.stage.kind)); }},
    Column<StageRow>{"ns", kInteger,
                     [](const StageRow& s) {
                       return time_cell(s.wake.flags, s.stage.end_ns - s.stage.begin_ns);
                     }},
    Column<StageRow>{"begin_ns", kInteger,
                     [](const StageRow& s) { return time_cell(s.wake.flags, s.stage.begin_ns); }},
    Column<StageRow>{"end_ns", kInteger,
                     [](const StageRow& s) { return time_cell(s.wake.flags, s.stage.end_ns); }},
    Column<StageRow>{"cpu", kInteger, [](const StageRow& s) { return number(s.stage.cpu); }},
    Column<StageRow>{"actor", kText, [](const StageRow& s) { return text(s.stage.actor); }},
};

BlameKind kind_of(const BlameRowOf& b) {
  return b.blame != nullptr ? b.blame->kind : BlameKind::unexplained;
}

const Interrupt& interrupt_blamed(const BlameRowOf& b) {
  return interrupt_of(b.blame != nullptr ? b.blame->interrupt : nullptr);
}

using Part = Column<BlameRowOf>;
constexpr std::array kBlame{
    Part{"wake", kInteger, [](const BlameRowOf& b) { return number(b.wake.id); }},
    Part{"stage", kInteger, [](const BlameRowOf& b) { return number(b.stage); }},
    Part{"part", kInteger, [](const BlameRowOf& b) { return number(b.number); }},
    Part{"kind", kText, [](const BlameRowOf& b) { return text(name_of(kind_of(b))); }},
    Part{"what", kText,
         [](const BlameRowOf& b) { return b.blame != nullptr ? text(b.blame->what) : Cell{}; }},
    Part{"ns", kInteger, [](const BlameRowOf& b) { return number(b.ns); }},
    Part{"tid", kInteger,
         [](const BlameRowOf& b) { return b.blame != nullptr ? maybe(b.blame->tid) : Cell{}; }},
    Part{"class", kText,
         [](const BlameRowOf& b) {
           return b.blame != nullptr && b.blame->prio
                      ? text(present::scheduling_class(*b.blame->prio))
                      : Cell{};
         }},
    Part{"prio", kInteger,
         [](const BlameRowOf& b) {
           return b.blame != nullptr && b.blame->prio ? Cell{std::int64_t{*b.blame->prio}} : Cell{};
         }},
    Part{"irq", kInteger,
         [](const BlameRowOf& b) {
           return b.blame != nullptr ? irq_number(b.blame->interrupt) : Cell{};
         }},
    Part{"device", kText,
         [](const BlameRowOf& b) { return text(interrupt_blamed(b).device_or_address()); }},
    Part{"queue", kText, [](const BlameRowOf& b) { return text(interrupt_blamed(b).queue); }},
};

constexpr std::array kHops{
    Column<HopRow>{"wake", kInteger, [](const HopRow& h) { return number(h.wake.id); }},
    Column<HopRow>{"hop", kInteger, [](const HopRow& h) { return number(h.number); }},
    Column<HopRow>{"kind", kText, [](const HopRow& h) { return text(name_of(h.hop.kind)); }},
    Column<HopRow>{"name", kText, [](const HopRow& h) { return text(h.hop.name); }},
    Column<HopRow>{"cpu", kInteger, [](const HopRow& h) { return number(h.hop.cpu); }},
    Column<HopRow>{"tid", kInteger, [](const HopRow& h) { return maybe(h.hop.tid); }},
    Column<HopRow>{"at_ns", kInteger,
                   [](const HopRow& h) { return time_cell(h.wake.flags, h.hop.at_ns); }},
};

using Delivered = Column<DeliveryRow>;
constexpr std::array kDeliveries{
    Delivered{"delivery", kInteger, [](const DeliveryRow& d) { return number(d.number); }},
    Delivered{"vm", kText, [](const DeliveryRow& d) { return vm_text(d.delivery.who.vm); }},
    Delivered{"vm_pid", kInteger,
              [](const DeliveryRow& d) { return maybe(d.delivery.who.vm_pid); }},
    Delivered{"vcpu", kInteger, [](const DeliveryRow& d) { return maybe(d.delivery.who.vcpu); }},
    Delivered{"tid", kInteger, [](const DeliveryRow& d) { return number(d.delivery.who.tid); }},
    Delivered{"total_ns", kInteger,
              [](const DeliveryRow& d) {
                return time_cell(d.delivery.flags, d.delivery.end_ns - d.delivery.begin_ns);
              }},
    Delivered{
        "begin_ns", kInteger,
        [](const DeliveryRow& d) { return time_cell(d.delivery.flags, d.delivery.begin_ns); }},
    Delivered{"end_ns", kInteger,
              [](const DeliveryRow& d) { return time_cell(d.delivery.flags, d.delivery.end_ns); }},
    Delivered{"flags", kText, [](const DeliveryRow& d) { return flags_cell(d.delivery.flags); }},
};

constexpr std::array kLosses{
    Column<LossRow>{"loss", kInteger, [](const LossRow& l) { return number(l.number); }},
    Column<LossRow>{"cpu", kInteger, [](const LossRow& l) { return maybe(l.loss.cpu); }},
    Column<LossRow>{"begin_ns", kInteger, [](const LossRow& l) { return maybe(l.loss.begin_ns); }},
    Column<LossRow>{"end_ns", kInteger, [](const LossRow& l) { return maybe(l.loss.end_ns); }},
    Column<LossRow>{"lost", kInteger, [](const LossRow& l) { return maybe(l.loss.lost); }},
};

}  // namespace

std::vector<TableInfo> wake_tables() {
  return {
      info_of(Table::wakes, "wakes", 1, kWakes),
      info_of(Table::stages, "stages", 2, kStages),
      info_of(Table::blame, "blame", 3, kBlame),
      info_of(Table::hops, "hops", 2, kHops),
      info_of(Table::deliveries, "deliveries", 1, kDeliveries),
      info_of(Table::losses, "losses", 1, kLosses),
  };
}

void wake_row(const WakeChain& wake, Row& row) { fill(kWakes, wake, row); }
void stage_row(const StageRow& stage, Row& row) { fill(kStages, stage, row); }
void blame_row(const BlameRowOf& blame, Row& row) { fill(kBlame, blame, row); }
void hop_row(const HopRow& hop, Row& row) { fill(kHops, hop, row); }
void delivery_row(const DeliveryRow& delivery, Row& row) { fill(kDeliveries, delivery, row); }
void loss_row(const LossRow& loss, Row& row) { fill(kLosses, loss, row); }

}  // namespace wakepath::exports
