// SPDX-License-Identifier: GPL-2.0-or-later
#include "interrupts/irq_rows.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "interrupts/irq_words.hpp"
#include "util/seeded_hash.hpp"

namespace wakepath::interrupts {
namespace {

using host::Device;

// An action is looked up below /sys once, and no more than so many: a table may be made to have
// very many.
constexpr std::size_t kMostLookUps = 1000;

class DeviceIndex {
 public:
  explicit DeviceIndex(const std::vector<Device>& devices) {
    for (const Device& device : devices) {
      by_address_.emplace(device.address, &device);
      for (const std::uint32_t irq : device.msi_irqs) {
        by_irq_.emplace(irq, &device);
      }
      for (const std::string& name : device.names) {
        by_name_.emplace(name, &device);
      }
      if (device.line_irq && device.msi_irqs.empty() && !device.driver.empty()) {
        by_line_.emplace(*device.line_irq, &device);
      }
    }
  }

  [[nodiscard]] const Device* by_irq(std::uint32_t irq) const { return find(by_irq_, irq); }
  [[nodiscard]] const Device* by_address(const std::string& address) const {
    return find(by_address_, address);
  }
  [[nodiscard]] const Device* by_name(const std::string& name) const {
    return find(by_name_, name);
  }
  // Several may share a line; then the action must say which.
  [[nodiscard]] const Device* by_line(std::uint32_t irq,
                                      const std::vector<std::string>& actions) const {
    const auto [first, last] = by_line_.equal_range(irq);
    if (first != last && std::next(first) == last) {
      return first->second;
    }
    const Device* found = nullptr;
    for (auto it = first; it != last; ++it) {
      if (!actions.empty() && actions.front().starts_with(it->second->driver)) {
        if (found != nullptr) {
          return nullptr;
        }
        found = it->second;
      }
    }
    return found;
  }

 private:
  template <typename Map, typename Key>
  static const Device* find(const Map& map, const Key& key) {
    const auto it = map.find(key);
    return it == map.end() ? nullptr : it->second;
  }

  SeededMap<std::string, const Device*> by_address_;
  SeededMap<std::uint32_t, const Device*> by_irq_;
  SeededMap<std::string, const Device*> by_name_;
  std::multimap<std::uint32_t, const Device*> by_line_;
};

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    all += (all.empty() ? "" : ", ") + text;
  }
  return all;
}

// "PCIe port: error reporting" and "PCIe port: hot-plug" -> "PCIe port: error reporting, hot-plug"
std::string about_actions(const std::vector<std::string>& actions) {
  std::vector<std::string_view> seen;
  std::string all;
  for (const std::string& action : actions) {
    const std::string_view about = about_action(action);
    if (about.empty() || std::ranges::find(seen, about) != seen.end()) {
      continue;
    }
    const std::size_t colon = about.find(": ");
    const bool same_kind = !seen.empty() && colon != std::string_view::npos &&
                           seen.back().substr(0, colon + 2) == about.substr(0, colon + 2);
    all += all.empty() ? "" : same_kind ? ", " : "; ";
    all += same_kind ? about.substr(colon + 2) : about;
    seen.push_back(about);
  }
  return all;
}

class Explainer {
 public:
  Explainer(const IrqFacts& facts, const DeviceNames& names)
      : facts_(facts), names_(names), index_(facts.devices) {}

  IrqRow row(const host::InterruptRow& from, const host::IrqSettings& settings) {
    IrqRow row;
    row.label = from.label;
    row.number = from.number;
    row.by_cpu = from.by_cpu;
    row.total = from.total;
    if (!from.number) {
      row.kind = is_error_count(row.label) ? IrqRow::Kind::error
                 : is_ipi(row.label)       ? IrqRow::Kind::ipi
                                           : IrqRow::Kind::per_cpu;
      row.name = from.text;
      row.about = about_row(row.label, from.text);
      return row;
    }
    const bool own =
        is_per_cpu(from.chip, from.hwirq) || std::ranges::any_of(from.actions, is_per_cpu_action);
    row.kind = own ? IrqRow::Kind::per_cpu : IrqRow::Kind::device;
    row.name = joined(from.actions);
    row.chip = from.chip;
    row.hwirq = from.hwirq;
    row.trigger = from.trigger;
    row.affinity = settings.affinity;
    row.effective = settings.effective;
    row.movable = settings.movable;
    row.node = settings.node == -1 ? std::nullopt : settings.node;
    row.about = about_actions(from.actions);
    if (std::string line = about_line(from.chip, from.hwirq); !line.empty()) {
      row.about += (row.about.empty() ? "" : "; ") + line;
    }
    const bool message = find_device(from, row);
    row.message = (message || from.chip.find("MSI") != std::string::npos) &&
                  !std::ranges::any_of(from.actions, is_never_managed);
    if (settings.movable == true) {
      row.managed = false;
    } else if (settings.movable == false && message) {
      row.managed = true;
    }
    return row;
  }

 private:
  // true: a message-signalled interrupt of a PCI device.
  bool find_device(const host::InterruptRow& from, IrqRow& row) {
    const auto message = pci_message(from.chip, from.hwirq);
    const Device* device = index_.by_irq(*from.number);
    const bool listed = device != nullptr;
    if (!device && message) {
      row.bus = "pci";
      row.pci = message->address;
      device = index_.by_address(message->address);
    }
    if (!device && row.pci.empty()) {
      device = by_action(from);
    }
    if (device) {
      take_device(*device, row);
    }
    if (message && message->address == row.pci) {
      row.msi_index = message->index;
    }
    take_queue(from.actions, row);
    return message || listed;
  }

  const Device* by_action(const host::InterruptRow& from) {
    for (const std::string& action : from.actions) {
      if (const auto address = address_in_action(action); !address.empty()) {
        if (const Device* device = index_.by_address(std::string(address))) {
          return device;
        }
      }
      for (const std::string_view name : {std::string_view(action), split_action(action).owner}) {
        if (const Device* device = index_.by_name(std::string(name))) {
          return device;
        }
      }
    }
    if (const Device* device = index_.by_line(*from.number, from.actions)) {
      return device;
    }
    for (const std::string& action : from.actions) {
      if (const Device* device = look_up(action)) {
        return device;
      }
    }
    return nullptr;
  }

  const Device* look_up(const std::string& action) {
    const auto known = looked_up_.find(action);
    if (known == looked_up_.end() && looked_up_.size() < kMostLookUps && names_.by_action) {
      const auto added = looked_up_.emplace(action, names_.by_action(action)).first;
      return added->second ? &*added->second : nullptr;
    }
    return known != looked_up_.end() && known->second ? &*known->second : nullptr;
  }

  void take_device(const Device& device, IrqRow& row) {
    row.bus = device.bus;
    (device.bus == "pci" ? row.pci : row.address) = device.address;
    row.driver = device.driver;
    row.names = device.names;
    row.node = row.node ? row.node : device.node;
    row.device = description(device);
    for (const host::Vm& vm : facts_.vms) {
      for (const std::string& file : device.vfio) {
        if (std::ranges::find(vm.vfio, file) != vm.vfio.end()) {
          row.vm = vm.name;
          row.vm_pid = vm.pid;
        }
      }
    }
  }

  // As lspci says it; by its numbers where nobody names it.
  std::string description(const Device& device) {
    const auto known = descriptions_.find(&device);
    if (known != descriptions_.end()) {
      return known->second;
    }
    std::string text;
    if (device.vendor && device.device) {
      text = names_.device ? names_.device(*device.vendor, *device.device) : "";
      if (text.empty()) {
        const std::string kind =
            device.class_code && names_.device_class ? names_.device_class(*device.class_code) : "";
        text = fmt::format("{} {:04x}:{:04x}", kind.empty() ? "PCI device" : kind, *device.vendor,
                           *device.device);
      }
    }
    return descriptions_.emplace(&device, std::move(text)).first->second;
  }

  static void take_queue(const std::vector<std::string>& actions, IrqRow& row) {
    for (const std::string& action : actions) {
      const ActionParts parts = split_action(action);
      const bool virtio = parts.owner.starts_with("virtio");
      if (virtio && std::ranges::find(row.names, parts.owner) == row.names.end()) {
        row.names.emplace_back(parts.owner);
      }
      // "eth2-rx-0", "i40e-eth2-TxRx-3"
      std::string_view queue = virtio || parts.owner.starts_with("nvme") ? parts.queue : "";
      for (const std::string& name : row.names) {
        const std::size_t at = action.find(name + "-");
        if (queue.empty() && at != std::string::npos && (at == 0 || action[at - 1] == '-')) {
          queue = std::string_view(action).substr(at + name.size() + 1);
        }
      }
      if (queue.empty() && action.starts_with("mlx5_")) {
        queue = std::string_view(action).substr(5, action.find('@') - 5);
      }
      if (row.queue.empty()) {
        row.queue = queue;
      }
    }
  }

  const IrqFacts& facts_;
  const DeviceNames& names_;
  DeviceIndex index_;
  std::map<std::string, std::optional<Device>> looked_up_;
  std::unordered_map<const Device*, std::string> descriptions_;
};

}  // namespace

IrqReport explain(IrqFacts facts, const DeviceNames& names) {
  IrqReport report;
  report.cpus = std::move(facts.table.cpus);
  CpuSet online;
  for (const std::uint32_t cpu : report.cpus) {
    online.add(cpu);
  }
  report.cpu_list = online.text();
  report.cut = facts.table.cut;
  facts.settings.resize(facts.table.rows.size());
  report.rows.reserve(facts.table.rows.size());
  Explainer explainer(facts, names);
  for (std::size_t i = 0; i < facts.table.rows.size(); ++i) {
    report.rows.push_back(explainer.row(facts.table.rows[i], facts.settings[i]));
    report.rows.back().counts = std::move(facts.table.rows[i].counts);
  }
  report.devices = std::move(facts.devices);
  report.vms = std::move(facts.vms);
  return report;
}

void set_rates(IrqReport& report, const host::InterruptTable& before, double seconds) {
  SeededMap<std::string_view, std::uint64_t> earlier;
  for (const host::InterruptRow& row : before.rows) {
    if (row.total) {
      earlier.emplace(row.label, *row.total);
    }
  }
  for (IrqRow& row : report.rows) {
    const auto found = earlier.find(row.label);
    if (row.total && found != earlier.end() && *row.total >= found->second && seconds > 0) {
      row.rate = static_cast<double>(*row.total - found->second) / seconds;
    }
  }
}

void sort(IrqReport& report, IrqOrder order) {
  // Equal rows, and rows without this value, stay in the kernel's order.
  switch (order) {
    case IrqOrder::number:
      return;
    case IrqOrder::count:
      std::ranges::stable_sort(report.rows, std::greater{},
                               [](const IrqRow& row) { return row.total.value_or(0); });
      return;
    case IrqOrder::rate:
      std::ranges::stable_sort(report.rows, std::greater{},
                               [](const IrqRow& row) { return row.rate.value_or(0); });
      return;
    case IrqOrder::device:
      std::ranges::stable_sort(report.rows, {}, [](const IrqRow& row) {
        const bool none = row.pci.empty() && row.address.empty();
        return std::tuple(none, row.pci.empty() ? row.address : row.pci);
      });
  }
}

}  // namespace wakepath::interrupts
