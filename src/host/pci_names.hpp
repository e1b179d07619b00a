// SPDX-License-Identifier: GPL-2.0-or-later
// Names of vendors and devices from pci.ids, by libpci. Without that file all names are empty.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace wakepath::host {

class PciNames {
 public:
  // `ids` is the file to read. Empty: libpci's default.
  explicit PciNames(std::string ids = {});
  ~PciNames();
  PciNames(const PciNames&) = delete;
  PciNames& operator=(const PciNames&) = delete;

  // "Red Hat, Inc.", "Virtio 1.0 network device", "Ethernet controller"; empty: not known.
  std::string vendor(std::uint16_t vendor);
  std::string device(std::uint16_t vendor, std::uint16_t device);
  std::string device_class(std::uint32_t class_code);

 private:
  struct Access;
  std::unique_ptr<Access> access_;
};

}  // namespace wakepath::host
