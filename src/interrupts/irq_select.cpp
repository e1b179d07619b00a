// SPDX-License-Identifier: GPL-2.0-or-later
// Which rows of the interrupts are asked for.
#include <algorithm>

#include "interrupts/irq_rows.hpp"
#include "util/escape.hpp"

namespace wakepath::interrupts {
namespace {

constexpr std::string_view kFirstDomain = "0000:";

bool is_address(std::string_view address, std::string_view wanted) {
  return !address.empty() && (address == wanted || (address.starts_with(kFirstDomain) &&
                                                    address.substr(kFirstDomain.size()) == wanted));
}

bool is_among(const std::vector<std::string>& all, const std::string& one) {
  return std::ranges::find(all, one) != all.end();
}

bool is_of(const IrqRow& row, const std::string& device) {
  return is_address(row.pci, device) || is_address(row.address, device) ||
         is_among(row.names, device);
}

bool meets(std::string_view list, const CpuSet& cpus) {
  const auto set = CpuSet::parse(list);
  return set &&
         std::ranges::any_of(set->list(), [&](std::uint32_t cpu) { return cpus.contains(cpu); });
}

bool goes_to(const IrqRow& row, const CpuSet& cpus) { return meets(row.effective, cpus); }

bool came_to(const IrqRow& row, const CpuSet& cpus) {
  return std::ranges::any_of(row.counts,
                             [&](const host::CpuCount& one) { return cpus.contains(one.cpu); });
}

bool is_pinned(const host::Vm& vm, std::size_t cpus) {
  const std::size_t own = vm.cpus.list().size();
  return own != 0 && own < cpus;
}

Result<void> check_devices(const IrqReport& report, const std::vector<std::string>& wanted) {
  for (const std::string& name : wanted) {
    const bool known = std::ranges::any_of(report.devices, [&](const host::Device& device) {
      return is_address(device.address, name) || is_among(device.names, name);
    });
    if (!known &&
        std::ranges::none_of(report.rows, [&](const IrqRow& row) { return is_of(row, name); })) {
      return fail(ErrorKind::usage, "no device '" + escape_terminal(name) + "' here",
                  "a name or a PCI address as 'wakepath irqs --all' lists them");
    }
  }
  return {};
}

Result<void> check(const IrqReport& report, const IrqSelection& wanted) {
  if (auto known = check_devices(report, wanted.devices); !known) {
    return known;
  }
  for (const std::string& driver : wanted.drivers) {
    const bool known =
        std::ranges::any_of(report.devices,
                            [&](const auto& one) { return one.driver == driver; }) ||
        std::ranges::any_of(report.rows, [&](const auto& one) { return one.driver == driver; });
    if (!known) {
      return fail(ErrorKind::usage, "no device with driver '" + escape_terminal(driver) + "' here");
    }
  }
  for (const std::string& vm : wanted.vms) {
    if (std::ranges::none_of(report.vms, [&](const host::Vm& one) { return one.name == vm; })) {
      return fail(ErrorKind::usage, "no VM '" + escape_terminal(vm) + "' here",
                  "VMs of other users are seen by root alone");
    }
  }
  if (wanted.cpus && !report.cpus.empty()) {
    for (const std::uint32_t cpu : wanted.cpus->list()) {
      if (std::ranges::find(report.cpus, cpu) == report.cpus.end()) {
        return fail(ErrorKind::usage, "no CPU " + std::to_string(cpu) + " is online here");
      }
    }
  }
  return {};
}

// The interrupt is of a device that the VM was given, or goes to a CPU that the VM alone is pinned
// to.
bool concerns(const IrqRow& row, const std::vector<std::string>& names, const IrqReport& report) {
  return std::ranges::any_of(report.vms, [&](const host::Vm& vm) {
    return is_among(names, vm.name) &&
           (row.vm_pid == vm.pid || (is_pinned(vm, report.cpus.size()) && goes_to(row, vm.cpus)));
  });
}

}  // namespace

Result<void> select(IrqReport& report, const IrqSelection& wanted) {
  if (auto known = check(report, wanted); !known) {
    return known;
  }
  const auto left_out = [&](const IrqRow& row) {
    const bool device =
        wanted.devices.empty() || std::ranges::any_of(wanted.devices, [&](const std::string& name) {
          return is_of(row, name);
        });
    const bool name =
        wanted.names.empty() || std::ranges::any_of(wanted.names, [&](const std::string& part) {
          return row.name.find(part) != std::string::npos;
        });
    return !device || !name || (!wanted.drivers.empty() && !is_among(wanted.drivers, row.driver)) ||
           (!wanted.vms.empty() && !concerns(row, wanted.vms, report)) ||
           (wanted.cpus && !goes_to(row, *wanted.cpus) && !came_to(row, *wanted.cpus));
  };
  std::erase_if(report.rows, left_out);
  return {};
}

}  // namespace wakepath::interrupts
