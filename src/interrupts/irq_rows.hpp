// SPDX-License-Identifier: GPL-2.0-or-later
// Interrupts joined with where they come from, a row for each; and which rows the user wants.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/devices.hpp"
#include "host/interrupt_table.hpp"
#include "host/irq_settings.hpp"
#include "host/vms.hpp"
#include "util/cpu_set.hpp"
#include "wakepath/result.hpp"

namespace wakepath::interrupts {

struct IrqRow {
  enum class Kind { device, per_cpu, ipi, error };

  Kind kind{Kind::device};
  std::string label;
  std::optional<std::uint32_t> number;
  std::vector<host::CpuCount> counts;  // without zeros
  bool by_cpu{true};
  std::optional<std::uint64_t> total;
  std::optional<double> rate;  // a second
  std::string name;            // the actions, or what the kernel says of a row without number
  std::string chip;
  std::optional<std::uint64_t> hwirq;
  std::string trigger;
  std::string pci;
  std::string bus;      // of a device that is not PCI
  std::string address;  // and its name there
  std::string device;   // "Red Hat, Inc. Virtio 1.0 network device"
  std::string driver;
  std::vector<std::string> names;  // what users call it, the best first
  std::string queue;
  std::optional<std::uint64_t> msi_index;
  std::string vm;  // that the device was given to
  std::optional<std::uint32_t> vm_pid;
  std::optional<std::int32_t> node;
  std::string affinity, effective;  // CPU lists; empty: not known
  std::optional<bool> managed;
  std::optional<bool> movable;  // by root; as host::IrqSettings
  bool message{};               // message-signalled, of a driver that may ask for managed ones
  std::string about;            // what it is for, where the device does not say it
};

struct IrqReport {
  std::vector<std::uint32_t> cpus;  // the columns of /proc/interrupts; empty: not known
  std::string cpu_list;             // the same as a list
  std::vector<IrqRow> rows;
  std::vector<host::Device> devices;  // all, those without interrupts too
  std::vector<host::Vm> vms;
  bool cut{false};
};

// What is read of a host; `settings` are one for each row of the table.
struct IrqFacts {
  host::InterruptTable table;
  std::vector<host::IrqSettings> settings;
  std::vector<host::Device> devices;
  std::vector<host::Vm> vms;
};

// The names of the facts' devices; each function may return an empty text.
struct DeviceNames {
  std::function<std::string(std::uint16_t vendor, std::uint16_t device)> device;
  std::function<std::string(std::uint32_t class_code)> device_class;
  std::function<std::optional<host::Device>(const std::string& action)> by_action;
};

IrqReport explain(IrqFacts facts, const DeviceNames& names);

// Sets the rates from what an earlier table counted `seconds` before. A count that fell (a CPU that
// went away) has none.
void set_rates(IrqReport& report, const host::InterruptTable& before, double seconds);

struct IrqSelection {
  std::vector<std::string> devices;  // eth1, virtio1, 0000:04:00.0, 04:00.0
  std::vector<std::string> drivers;
  std::vector<std::string> names;  // part of an action's name
  std::vector<std::string> vms;    // by the devices that it was given and the CPUs it is pinned to
  std::optional<CpuSet> cpus;      // that it has come to, or goes to
};

// A row must match each kind that is given, by one of its values. Error: usage, where a value
// matches nothing on this host.
Result<void> select(IrqReport& report, const IrqSelection& wanted);

enum class IrqOrder { number, count, rate, device };
void sort(IrqReport& report, IrqOrder order);

}  // namespace wakepath::interrupts
