// SPDX-License-Identifier: GPL-2.0-or-later
#include "interrupts/irq_rows.hpp"

#include <gmock/gmock.h>

#include "interrupts/irq_words.hpp"

namespace wakepath::interrupts {
namespace {

using ::testing::ElementsAre;

host::InterruptTable table(std::initializer_list<const char*> lines) {
  host::InterruptTable table;
  table.cpus = {0, 1, 2, 3};
  for (const char* line : lines) {
    table.rows.push_back(host::parse_interrupt(line, table.cpus).value());
  }
  return table;
}

host::Device device(const char* address, std::vector<std::string> names) {
  host::Device device;
  device.bus = "pci";
  device.address = address;
  device.names = std::move(names);
  return device;
}

std::vector<std::string> labels(const IrqReport& report) {
  std::vector<std::string> labels;
  for (const IrqRow& row : report.rows) {
    labels.push_back(row.label);
  }
  return labels;
}

TEST(PciMessage, IsInTheHwirqOrTheChipsName) {
  const auto message = pci_message("ITS-MSI", 1572867);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->address, "0000:03:00.0");
  EXPECT_EQ(message->index, 3U);
  EXPECT_EQ(pci_message("PCI-MSI", (5ULL << 27U) | (0x41ULL << 19U) | 2)->address, "0005:41:00.0");
  EXPECT_EQ(pci_message("IR-PCI-MSIX-0000:41:1f.7", 12)->address, "0000:41:1f.7");
  EXPECT_EQ(pci_message("ITS-PCI-MSIX-0000:03:00.0", 12)->index, 12U);
  EXPECT_FALSE(pci_message("ITS-pMSI", 1572867));
  EXPECT_FALSE(pci_message("GICv3", 33));
  EXPECT_FALSE(pci_message("ITS-MSI", std::nullopt));
  EXPECT_FALSE(pci_message("ITS-MSI", UINT64_MAX));
  EXPECT_FALSE(pci_message("PCI-MSIX-nonsense", 1));
}

TEST(Explain, KnowsWhatEachCpuHasOfItsOwn) {
  IrqFacts facts;
  facts.table = table({
      " 11: 1 1 1 1 GICv2  30 Level     arch_timer",
      " 12: 1 1 1 1 GIC-0  29 Edge      twd",
      " 13: 1 1 1 1 GICv3   3 Edge      IPI",
      " 14: 1 1 1 1 GICv3 1060 Level    eppi",
      " 33: 1 0 0 0 GICv2  48 Level     arm-pmu",
      " 34: 0 1 0 0 GICv3  49 Level     armv8_cortex_a53",
      " 35: 1 1 1 1 bcm2836-timer   1 Edge      arch_timer",
      "  5: 1 1 1 1 RISC-V INTC   5 Edge      riscv-timer",
      " 26: 1 1 1 1 CPUINTC  11  timer",
      " 27: 1 1 1 1 MIPS   7  timer",
      " 48: 1 0 0 0 xen-percpu    -virq      timer0",
      " 49: 0 0 1 0 xen-percpu    -ipi       resched2",
      " 28: 0 0 1 0 HPET-MSI   3-edge      hpet3",
      "LOC: 1 1 1 1 Local timer interrupts",
      "RES: 1 1 1 1 Rescheduling interrupts",
  });
  for (const IrqRow& row : explain(std::move(facts), {}).rows) {
    EXPECT_NE(row.kind, IrqRow::Kind::device) << row.label << " " << row.name;
  }
  facts = {};
  facts.table = table({
      " 38: 1 0 0 0 GICv2 189 Level     eth0",
      " 39: 1 0 0 0 GICv3  34 Level     arch_mem_timer",
      " 40: 1 0 0 0 MIPS GIC  40  eth0",
      "  0: 1 0 0 0 IO-APIC   2-edge      timer",
      " 72: 1 0 0 0 xen-dyn    -event     eth0",
      " 73: 1 0 0 0 SiFive PLIC  10 Edge      ttyS0",
      " 74: 1 0 0 0 PCI-MSI 1048577-edge      nvme0q1",
      " 76: 1 0 0 0 ITS-MSI 1572867 Edge virtio2-input.0",
      " 75: 1 0 0 0 GICv3  60 Level     arm-smmu-v3-evtq",
  });
  for (const IrqRow& row : explain(std::move(facts), {}).rows) {
    EXPECT_EQ(row.kind, IrqRow::Kind::device) << row.label << " " << row.name;
    EXPECT_EQ(row.message, row.label == "74") << row.label;
  }
}

TEST(Explain, WhatTheKernelListsGoesBeforeWhatTheHwirqSays) {
  IrqFacts facts;
  facts.table = table({" 57: 1 0 0 0 ITS-MSI 1572867 Edge virtio2-input.0"});
  facts.devices = {device("0000:04:00.0", {"eth1"}), device("0000:03:00.0", {"sda"})};
  facts.devices[0].msi_irqs = {57};
  const IrqRow row = explain(std::move(facts), {}).rows.at(0);
  EXPECT_EQ(row.pci, "0000:04:00.0");
  EXPECT_THAT(row.names, ElementsAre("eth1", "virtio2"));
  EXPECT_EQ(row.queue, "input.0");
  EXPECT_FALSE(row.msi_index);  // of another device
}

TEST(Explain, ALineThatSeveralDevicesShareIsNobodysUnlessTheActionSaysIt) {
  const auto explained = [](const char* line) {
    IrqFacts facts;
    facts.table = table({line});
    facts.devices = {device("0000:00:1a.0", {}), device("0000:00:1f.3", {})};
    facts.devices[0].driver = "ehci";
    facts.devices[1].driver = "i801";
    facts.devices[0].line_irq = facts.devices[1].line_irq = 18;
    return explain(std::move(facts), {}).rows.at(0).pci;
  };
  EXPECT_EQ(explained(" 18: 1 0 0 0 IO-APIC 18-fasteoi other"), "");
  EXPECT_EQ(explained(" 18: 1 0 0 0 IO-APIC 18-fasteoi i801_smbus"), "0000:00:1f.3");
}

TEST(Explain, TellsManagedOnlyOfMessagesAndWhereItIsTold) {
  IrqFacts facts;
  facts.table = table({" 1: 1 0 0 0 ITS-MSI 2048 Edge a", " 2: 1 0 0 0 ITS-MSI 2049 Edge b",
                       " 3: 1 0 0 0 pl061 3 Edge c", " 4: 1 0 0 0 ITS-MSI 2050 Edge d"});
  facts.settings.resize(4);
  facts.settings[0].movable = true;
  facts.settings[1].movable = false;
  facts.settings[2].movable = false;
  const IrqReport report = explain(std::move(facts), {});
  EXPECT_EQ(report.rows[0].managed, false);
  EXPECT_EQ(report.rows[1].managed, true);
  EXPECT_FALSE(report.rows[2].managed);
  EXPECT_FALSE(report.rows[3].managed);
}

TEST(Explain, NamesADeviceByItsNumbersWhereNobodyKnowsIt) {
  IrqFacts facts;
  facts.table = table({" 1: 1 0 0 0 ITS-MSI 16384 Edge a"});
  facts.devices = {device("0000:00:01.0", {})};
  facts.devices[0].vendor = 0x1af4;
  facts.devices[0].device = 0x1041;
  EXPECT_EQ(explain(std::move(facts), {}).rows.at(0).device, "PCI device 1af4:1041");
}

TEST(Rates, ACountThatFellHasNone) {
  IrqFacts facts;
  facts.table = table({" 1: 30 0 0 0 GICv3 33 Level a", " 2: 5 0 0 0 GICv3 34 Level b",
                       " 3: 5 0 0 0 GICv3 35 Level new"});
  IrqReport report = explain(std::move(facts), {});
  set_rates(report, table({" 1: 10 0 0 0 GICv3 33 Level a", " 2: 6 0 0 0 GICv3 34 Level b"}), 2);
  EXPECT_EQ(report.rows[0].rate, 10.0);
  EXPECT_FALSE(report.rows[1].rate);
  EXPECT_FALSE(report.rows[2].rate);
}

class SelectTest : public ::testing::Test {
 protected:
  SelectTest() {
    IrqFacts facts;
    facts.table =
        table({" 1: 1 0 0 0 ITS-MSI 16384 Edge eth1-rx-0", " 2: 0 0 0 0 ITS-MSI 32768 Edge vfio",
               " 3: 0 0 0 0 GICv3 33 Level other", "IPI0: 0 0 7 0 Rescheduling interrupts"});
    facts.devices = {device("0000:00:01.0", {"eth1"}), device("0000:00:02.0", {}),
                     device("0000:00:03.0", {"idle"})};
    facts.devices[1].vfio = {"/dev/vfio/12"};
    facts.settings.resize(4);
    facts.settings[2].effective = "3";
    host::Vm vm;
    vm.name = "web1";
    vm.pid = 205;
    vm.vfio = {"/dev/vfio/12"};
    vm.cpus.add(3);
    facts.vms = {vm};
    report_ = explain(std::move(facts), {});
  }
  std::vector<std::string> selected(const IrqSelection& wanted) {
    IrqReport report = report_;
    EXPECT_TRUE(select(report, wanted));
    return labels(report);
  }
  IrqReport report_;
};

TEST_F(SelectTest, ByDeviceInAllItsNames) {
  for (const char* name : {"eth1", "0000:00:01.0", "00:01.0"}) {
    IrqSelection wanted;
    wanted.devices = {name};
    EXPECT_THAT(selected(wanted), ElementsAre("1")) << name;
  }
  IrqSelection idle;
  idle.devices = {"idle"};
  EXPECT_THAT(selected(idle), ElementsAre());
}

TEST_F(SelectTest, ByCpuThatItCameToOrGoesTo) {
  IrqSelection wanted;
  wanted.cpus = CpuSet::parse("2-3").value();
  EXPECT_THAT(selected(wanted), ElementsAre("3", "IPI0"));
}

TEST_F(SelectTest, ByVmThatHasTheDeviceOrTheCpu) {
  EXPECT_EQ(report_.rows[1].vm, "web1");
  IrqSelection wanted;
  wanted.vms = {"web1"};
  EXPECT_THAT(selected(wanted), ElementsAre("2", "3"));
}

TEST_F(SelectTest, WhatIsNotThereIsAnError) {
  std::vector<IrqSelection> all(4);
  all[0].devices = {"eth9"};
  all[1].vms = {"web9"};
  all[2].drivers = {"nosuch"};
  all[3].cpus = CpuSet::parse("4").value();
  for (const IrqSelection& wanted : all) {
    IrqReport report = report_;
    EXPECT_EQ(select(report, wanted).error().kind, ErrorKind::usage);
  }
}

}  // namespace
}  // namespace wakepath::interrupts
