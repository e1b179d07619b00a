// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/devices.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "host/irq_settings.hpp"
#include "host/pci_names.hpp"
#include "host/vms.hpp"
#include "tree.hpp"

namespace wakepath::host {
namespace {

using ::testing::ElementsAre;

using DevicesTest = Tree;
using IrqSettingsTest = Tree;
using VmsTest = Tree;
using PciNamesTest = Tree;

TEST(PciAddress, IsOneOrNot) {
  EXPECT_TRUE(is_pci_address("0000:04:00.0"));
  EXPECT_TRUE(is_pci_address("10000:e1:1f.7"));
  for (const char* text :
       {"", "04:00.0", "0000:04:00", "0000:04:00.0 ", "0000-04:00.0", "000g:04:00.0"}) {
    EXPECT_FALSE(is_pci_address(text)) << text;
  }
}

TEST_F(DevicesTest, ReadsAPciDeviceAndItsNames) {
  const std::string device = "sys/bus/pci/devices/0000:04:00.0/";
  put(device + "vendor", "0x1af4\n");
  put(device + "device", "0x1041\n");
  put(device + "class", "0x020000\n");
  put(device + "numa_node", "-1\n");
  put(device + "msi_irqs/56", "msix\n");
  put(device + "msi_irqs/57", "msix\n");
  put(device + "virtio2/net/eth1/queues/rx-0/rps_cpus", "0\n");
  put(device + "0000:05:00.0/net/eth9/mtu", "1500\n");  // a device of its own
  link(device + "driver", "../../../bus/pci/drivers/virtio-pci");
  put("sys/bus/pci/devices/nonsense/vendor", "0x1\n");
  const auto devices = read_devices(root());
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0].address, "0000:04:00.0");
  EXPECT_EQ(devices[0].vendor, 0x1af4);
  EXPECT_EQ(devices[0].driver, "virtio-pci");
  EXPECT_FALSE(devices[0].node);
  EXPECT_THAT(devices[0].names, ElementsAre("eth1", "virtio2"));
  EXPECT_THAT(devices[0].msi_irqs, ElementsAre(56, 57));
}

TEST_F(DevicesTest, FindsVirtioOverMmio) {
  put("sys/devices/platform/a003e00.virtio_mmio/virtio0/block/vda/size", "1\n");
  link("sys/bus/virtio/devices/virtio0", "../../../devices/platform/a003e00.virtio_mmio/virtio0");
  const auto devices = read_devices(root());
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0].bus, "platform");
  EXPECT_EQ(devices[0].address, "a003e00.virtio_mmio");
  EXPECT_THAT(devices[0].names, ElementsAre("vda", "virtio0"));
}

TEST_F(DevicesTest, FindsASerialPortByItsAction) {
  put("sys/devices/pnp0/00:00/00:00:0/00:00:0.0/tty/ttyS0/irq", "4\n");
  link("sys/class/tty/ttyS0", "../../devices/pnp0/00:00/00:00:0/00:00:0.0/tty/ttyS0");
  const auto device = find_named_device(root(), "ttyS0");
  ASSERT_TRUE(device);
  EXPECT_EQ(device->bus, "pnp0");
  EXPECT_EQ(device->address, "00:00");
}

TEST_F(DevicesTest, ADriversOnlyDeviceIsMeantAndOneOfTwoIsNot) {
  put("sys/devices/platform/9000000.pl011/x", "");
  link("sys/bus/amba/drivers/uart-pl011/9000000.pl011",
       "../../../../devices/platform/9000000.pl011");
  EXPECT_EQ(find_named_device(root(), "uart-pl011")->address, "9000000.pl011");
  link("sys/bus/amba/drivers/uart-pl011/9001000.pl011",
       "../../../../devices/platform/9000000.pl011");
  EXPECT_FALSE(find_named_device(root(), "uart-pl011"));
  for (const char* name : {"", ".", "..", "../../x", "nosuch"}) {
    EXPECT_FALSE(find_named_device(root(), name)) << name;
  }
}

InterruptRow numbered(std::uint32_t irq) {
  InterruptRow row;
  row.number = irq;
  return row;
}

TEST_F(IrqSettingsTest, ReadsListsAndTheMaskWhereThereIsNoList) {
  put("proc/irq/57/smp_affinity_list", "0-3,8\n");
  put("proc/irq/57/effective_affinity", "00000001,00000004\n");
  put("proc/irq/57/node", "1\n");
  put("proc/irq/58/smp_affinity_list", "\x1b[2J\n");
  const auto all = IrqDirectory(root()).settings({numbered(57), numbered(58), InterruptRow{}});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].affinity, "0-3,8");
  EXPECT_EQ(all[0].effective, "2,32");
  EXPECT_EQ(all[0].node, 1);
  EXPECT_EQ(all[1].affinity, "");
  EXPECT_EQ(all[1].effective, "");
}

TEST_F(IrqSettingsTest, ModesTellOnlyWhereTheyDiffer) {
  put("proc/irq/1/smp_affinity_list", "0\n");
  put("proc/irq/2/smp_affinity_list", "0\n");
  const auto fixed = [&](const char* irq) {
    std::filesystem::permissions(root() + "/proc/irq/" + irq + "/smp_affinity_list",
                                 std::filesystem::perms::owner_read);
  };
  const std::vector<InterruptRow> rows{numbered(1), numbered(2)};
  EXPECT_FALSE(IrqDirectory(root()).settings(rows)[0].movable);
  fixed("2");
  EXPECT_EQ(IrqDirectory(root()).settings(rows)[0].movable, true);
  EXPECT_EQ(IrqDirectory(root()).settings(rows)[1].movable, false);
  fixed("1");
  EXPECT_FALSE(IrqDirectory(root()).settings(rows)[1].movable);
}

TEST_F(VmsTest, KnowsAVmByWhatItHasOpen) {
  put_process("205", "205", "qemu-system-aar");
  put("proc/205/cmdline", std::string("qemu-system-aarch64\0-name\0web1\0", 31));
  link("proc/205/fd/4", "anon_inode:kvm-vm");
  link("proc/205/fd/5", "/dev/vfio/12");
  link("proc/205/fd/6", "/dev/vfio/vfio");
  put("proc/205/task/205/comm", "qemu-system-aar\n");
  put("proc/205/task/205/status", "Name:\tx\nCpus_allowed_list:\t0-3\n");
  put("proc/205/task/207/comm", "CPU 0/KVM\n");
  put("proc/205/task/207/status", "Name:\tx\nCpus_allowed_list:\t2\n");
  put_process("206", "206", "other");
  link("proc/206/fd/4", "/dev/kvm");
  const auto vms = read_vms(root());
  ASSERT_EQ(vms.size(), 1U);
  EXPECT_EQ(vms[0].name, "web1");
  EXPECT_THAT(vms[0].vfio, ElementsAre("/dev/vfio/12"));
  EXPECT_EQ(vms[0].cpus.text(), "2");
}

TEST_F(PciNamesTest, AMissingListIsNoneAndABrokenOneIsSaid) {
  EXPECT_EQ(PciNames(root() + "/nosuch").vendor(0x1af4), "");
  put("pci.ids", "1af4  Red Hat, Inc.\n\t1041  Virtio network device\n");
  PciNames names(root() + "/pci.ids");
  const std::string vendor = names.vendor(0x1af4);
  if (vendor.empty()) {
    GTEST_SKIP() << "built without libpci";
  }
  EXPECT_EQ(vendor, "Red Hat, Inc.");
  EXPECT_EQ(names.device(0x1af4, 0x1041), "Virtio network device");
  EXPECT_EQ(names.device(0x1af4, 0xffff), "");
  put("bad.ids", "1af4  Red Hat, Inc.\nthis is no line\n\x1b[2J\n");
  EXPECT_EXIT(PciNames(root() + "/bad.ids").device(1, 2), ::testing::ExitedWithCode(5),
              "list of --pci-ids, line 2");
}

}  // namespace
}  // namespace wakepath::host
