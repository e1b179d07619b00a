// SPDX-License-Identifier: GPL-2.0-or-later
// The devices below /sys that interrupts may come from, as plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wakepath::host {

struct Device {
  std::string bus;      // "pci", "platform"
  std::string address;  // "0000:04:00.0", "a003e00.virtio_mmio"
  std::optional<std::uint16_t> vendor, device;
  std::optional<std::uint32_t> class_code;
  std::string driver;
  std::optional<std::int32_t> node;
  // Users' names for it, the best first: interfaces, disks, controllers, terminals; then virtioN.
  std::vector<std::string> names;
  std::vector<std::uint32_t> msi_irqs;
  std::optional<std::uint32_t> line_irq;
  std::vector<std::string> vfio;  // files below /dev/vfio that a VM opens to use it
};

// All PCI devices, and other devices with a virtio device below them.
std::vector<Device> read_devices(const std::string& root);

// The device of an action of this name, if it is neither PCI nor virtio: a serial port, or a device
// of a platform bus. That device has the action's name, or it is the only device of a driver of
// that name.
std::optional<Device> find_named_device(const std::string& root, const std::string& action);

// "0000:04:00.0"
bool is_pci_address(std::string_view text);

}  // namespace wakepath::host
