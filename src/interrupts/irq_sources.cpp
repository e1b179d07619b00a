// SPDX-License-Identifier: GPL-2.0-or-later
#include "interrupts/irq_sources.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "interrupts/irq_words.hpp"

namespace wakepath::interrupts {
namespace {

bool names_device(const std::string& action, const IrqRow& row) {
  const bool by_address = !row.pci.empty() && address_in_action(action) == row.pci;
  const bool by_driver = !row.driver.empty() && action.starts_with(row.driver);
  return by_address || by_driver || std::ranges::any_of(row.names, [&](const std::string& name) {
           return action == name || split_action(action).owner == name;
         });
}

void take_device(const IrqRow& row, Interrupt& to) {
  to.device = row.names.empty() ? "" : row.names.front();
  to.bus = row.bus;
  to.address = row.pci.empty() ? row.address : row.pci;
  to.driver = row.driver;
  to.description = row.device;
  to.given_to = row.vm;
}

}  // namespace

std::vector<Interrupt> irq_sources(IrqFacts facts, const DeviceNames& names) {
  std::vector<std::vector<std::string>> actions;
  actions.reserve(facts.table.rows.size());
  for (const host::InterruptRow& row : facts.table.rows) {
    actions.push_back(row.actions);
  }
  const IrqReport report = explain(std::move(facts), names);
  std::vector<Interrupt> all;
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    const IrqRow& row = report.rows[i];
    const bool alone = actions[i].size() == 1;
    for (std::string& action : actions[i]) {
      if (!row.number) {
        continue;
      }
      Interrupt& one = all.emplace_back();
      one.irq = *row.number;
      if (alone || row.msi_index || names_device(action, row)) {
        take_device(row, one);
      }
      one.queue = alone ? row.queue : "";
      one.affinity = row.affinity;
      one.effective = row.effective;
      one.managed = row.managed;
      one.action = std::move(action);
    }
  }
  return all;
}

}  // namespace wakepath::interrupts
