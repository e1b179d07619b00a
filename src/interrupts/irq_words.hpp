// SPDX-License-Identifier: GPL-2.0-or-later
// What the words of /proc/interrupts say: chips, actions, rows without number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wakepath::interrupts {

// A message-signalled interrupt of a PCI device, as the chip's name and the hwirq tell it.
struct PciMessage {
  std::string address;
  std::uint64_t index;
};
std::optional<PciMessage> pci_message(std::string_view chip, std::optional<std::uint64_t> hwirq);

// "virtio2-input.0" -> virtio2 and input.0; "nvme0q3" -> nvme0 and 3; "eth2-rx-0" -> eth2 and rx-0.
struct ActionParts {
  std::string_view owner;
  std::string_view queue;
};
ActionParts split_action(std::string_view action);

// "vfio-msix[3](0000:41:00.0)" -> 0000:41:00.0
std::string_view address_in_action(std::string_view action);

// Empty: nothing is known of it.
std::string_view about_action(std::string_view action);
// Of a row without number, by its label, else by the kernel's text.
std::string_view about_row(std::string_view label, std::string_view text);
// "PPI 11", "GPIO line 3"
std::string about_line(std::string_view chip, std::optional<std::uint64_t> hwirq);
// Each CPU has its own, and nobody can move it, or should: by the controller (a GIC's PPIs and
// SGIs, the controllers inside CPUs of RISC-V, LoongArch, MIPS, older ARM, Xen's events of each
// CPU), or by the action: timers of CPUs, their performance counters, KVM's own.
bool is_per_cpu(std::string_view chip, std::optional<std::uint64_t> hwirq);
bool is_per_cpu_action(std::string_view action);
// Do drivers let the kernel alone choose the CPUs of interrupts with such a name (managed ones)?
// Disks and their adapters do, for the interrupts of their queues. Before Linux 6.12 nothing tells.
bool is_often_managed(std::string_view action);
// Its driver never lets the kernel choose: virtio's network devices.
bool is_never_managed(std::string_view action);
bool is_ipi(std::string_view label);
bool is_error_count(std::string_view label);

}  // namespace wakepath::interrupts
