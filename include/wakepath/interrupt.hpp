// SPDX-License-Identifier: GPL-2.0-or-later
// Where an interrupt comes from, as the capture read it on the traced host. Empty: not known. All
// texts are hostile: escape before use.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "wakepath/abi.h"

namespace wakepath {

struct Interrupt {
  std::uint32_t irq{};      // or WP_IRQ_UNKNOWN
  std::string action;       // the irqaction's name: "virtio2-input.0"
  std::string device;       // what its users call it: "eth1"
  std::string queue;        // of the device: "input.0"
  std::string bus;          // "pci", "platform"
  std::string address;      // there: "0000:04:00.0"
  std::string driver;       // "virtio-pci"
  std::string description;  // "PCI device 1af4:1041"
  std::string given_to;     // the VM that has the device
  std::string affinity;     // CPUs that it may go to, and goes to, as lists: when that was read
  std::string effective;
  std::optional<bool> managed;  // the kernel alone sets its affinity

  bool operator==(const Interrupt&) const = default;

  // "eth1", else "0000:04:00.0"; empty: not known.
  [[nodiscard]] const std::string& device_or_address() const {
    return device.empty() ? address : device;
  }
};

using InterruptPtr = std::shared_ptr<const Interrupt>;

}  // namespace wakepath
