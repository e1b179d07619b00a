// SPDX-License-Identifier: GPL-2.0-or-later
#include "interrupts/irq_sources.hpp"

#include <gmock/gmock.h>

namespace wakepath::interrupts {
namespace {

host::InterruptTable rows_of(std::initializer_list<const char*> lines) {
  host::InterruptTable table;
  table.cpus = {0, 1};
  for (const char* line : lines) {
    table.rows.push_back(host::parse_interrupt(line, table.cpus).value());
  }
  return table;
}

host::Device pci_device(const char* address, const char* name, const char* driver) {
  host::Device device;
  device.bus = "pci";
  device.address = address;
  device.driver = driver;
  if (*name != '\0') {
    device.names = {name};
  }
  return device;
}

TEST(IrqSources, AnInterruptIsItsDevicesWithAllThatIsKnown) {
  IrqFacts facts;
  facts.table = rows_of({" 57: 1 0 ITS-MSI 2097153 Edge eth1-rx-1", "IPI0: 3 4 Rescheduling"});
  facts.settings = {{"0-1", "1", {}, true}, {}};
  facts.devices = {pci_device("0000:04:00.0", "eth1", "igc")};
  facts.devices[0].vendor = 0x8086;
  facts.devices[0].device = 0x125c;
  facts.devices[0].vfio = {"12"};
  facts.vms = {{"web", 95, {"12"}, {}}};
  const std::vector<Interrupt> sources = irq_sources(std::move(facts), {});
  ASSERT_EQ(sources.size(), 1U) << "what has no number has no action";
  EXPECT_EQ(sources[0], (Interrupt{57, "eth1-rx-1", "eth1", "rx-1", "pci", "0000:04:00.0", "igc",
                                   "PCI device 8086:125c", "web", "0-1", "1", false}));
}

TEST(IrqSources, OfASharedLineOnlyTheActionThatNamesTheDeviceIsIts) {
  IrqFacts facts;
  facts.table = rows_of({" 16: 1 0 IO-APIC 16-fasteoi acpi, uhci_hcd:usb3"});
  facts.devices = {pci_device("0000:00:1a.0", "usb3", "uhci_hcd")};
  facts.devices[0].line_irq = 16;
  const std::vector<Interrupt> sources = irq_sources(std::move(facts), {});
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[0].action, "acpi");
  EXPECT_EQ(sources[0].device_or_address(), "");
  EXPECT_EQ(sources[1].action, "uhci_hcd:usb3");
  EXPECT_EQ(sources[1].device, "usb3");
}

TEST(IrqSources, AMessageIsItsDevicesWhateverItsActionsAreCalled) {
  IrqFacts facts;
  facts.table = rows_of({" 30: 1 0 PCI-MSI 16384-edge PCIe PME, aerdrv"});
  facts.devices = {pci_device("0000:00:01.0", "", "pcieport")};
  const std::vector<Interrupt> sources = irq_sources(std::move(facts), {});
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[0].device_or_address(), "0000:00:01.0");
  EXPECT_EQ(sources[1].device_or_address(), "0000:00:01.0");
}

}  // namespace
}  // namespace wakepath::interrupts
