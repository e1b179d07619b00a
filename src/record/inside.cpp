// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/inside.hpp"

#include "record/name_places.hpp"

namespace wakepath::record {

namespace {

void add(std::set<std::string>& to, std::string_view name) {
  if (!name.empty()) {
    to.emplace(name);
  }
}

}  // namespace

Result<void> Inside::record(RecordView view) {
  WAKEPATH_CHECK(looks_for_addresses_.record(view));
  if (view.type() == WP_RECORD_BATCH) {
    batch(view);
  } else if (view.type() == WP_RECORD_FACT) {
    fact(view);
  }
  return {};
}

void Inside::batch(RecordView view) {
  for_each_event(view, [&](const wp_event& event, std::size_t at) {
    for_each_name(event, at, [&](const NamePlace& place, std::size_t field) {
      std::set<std::string>& names = place.thing == NamedThing::task        ? threads_
                                     : place.thing == NamedThing::interrupt ? devices_
                                                                            : functions_;
      add(names, name_in(view.bytes().subspan(field, place.bytes)));
    });
  });
}

void Inside::fact(RecordView view) {
  const auto decoded = decode_fact(view);
  if (!decoded) {
    return;
  }
  std::visit(
      Overloaded{[this](const VmFact& vm) { add(vms_, vm.name); },
                 [this](const VcpuFact& vcpu) { add(threads_, vcpu.thread); },
                 [this](const ThreadFact& thread) { add(threads_, thread.name); },
                 [this](const SymbolFact& symbol) { add(functions_, symbol.name); },
                 [this](const HostFileFact& file) {
                   if (file.type == WP_HOST_FILE) {
                     add(files_, "/" + file.name);
                   }
                 },
                 [this](const IrqFact& irq) {
                   const Interrupt& interrupt = irq.interrupt;
                   for (const std::string* name : {&interrupt.action, &interrupt.device,
                                                   &interrupt.address, &interrupt.description}) {
                     add(devices_, *name);
                   }
                   add(vms_, interrupt.given_to);
                 },
                 [this](const BreachFact& breach) { add(vms_, breach.vm); },
                 [](const auto& /*names nothing of the host's*/) {}},
      *decoded);
}

}  // namespace wakepath::record
