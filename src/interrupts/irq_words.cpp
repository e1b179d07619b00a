// SPDX-License-Identifier: GPL-2.0-or-later
#include "interrupts/irq_words.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "host/devices.hpp"

namespace wakepath::interrupts {
namespace {

using Word = std::pair<std::string_view, std::string_view>;

// By the longest beginning of the action's name.
constexpr auto kActions = std::to_array<Word>({
    {"ACPI:Event", "ACPI event: a GPIO line that firmware watches (power button, hot-plug)"},
    {"ACPI:Ged", "ACPI generic event device (power button, hot-plug, notifications)"},
    {"acpi", "ACPI events (SCI)"},
    {"aerdrv", "PCIe port: error reporting"},
    {"PCIe PME", "PCIe port: power management events"},
    {"pciehp", "PCIe port: hot-plug"},
    {"PCIe bwctrl", "PCIe port: link bandwidth changes"},
    {"pcie-dpc", "PCIe port: downstream port containment"},
    {"arch_timer", "each CPU's timer: hrtimers and the tick"},
    {"arch_mem_timer", "memory-mapped architecture timer"},
    {"kvm guest vtimer", "KVM: the virtual timer of the guest on this CPU"},
    {"kvm guest ptimer", "KVM: the physical timer of the guest on this CPU"},
    {"kvm guest hvtimer", "KVM: the virtual timer of a nested hypervisor"},
    {"kvm guest hptimer", "KVM: the physical timer of a nested hypervisor"},
    {"vgic", "KVM: maintenance interrupt of the virtual GIC"},
    {"GICv4", "KVM: doorbell of a vCPU that sleeps"},
    {"vcpu", "KVM: doorbell of a vCPU that sleeps"},
    {"arm-pmu", "CPU performance counters (perf)"},
    {"armv8-pmu", "CPU performance counters (perf)"},
    {"arm-spe", "CPU statistical profiling (perf)"},
    {"arm_spe", "CPU statistical profiling (perf)"},
    {"arm-smmu", "IOMMU: events, faults, command queue"},
    {"dmar", "IOMMU: faults"},
    {"DMAR", "IOMMU: faults"},
    {"AMD-Vi", "IOMMU: events"},
    {"uart-pl011", "serial port (PL011)"},
    {"ttyS", "serial port"},
    {"ttyAMA", "serial port (PL011)"},
    {"rtc", "real-time clock"},
    {"timer", "legacy timer (PIT)"},
    {"hpet", "HPET timer"},
    {"i8042", "keyboard and mouse"},
    {"cascade", "second interrupt controller"},
    {"xhci_hcd", "USB 3 host controller"},
    {"xhci-hcd", "USB 3 host controller"},
    {"ehci_hcd", "USB 2 host controller"},
    {"ohci_hcd", "USB 1 host controller"},
    {"uhci_hcd", "USB 1 host controller"},
    {"ahci", "SATA controller"},
    {"megasas", "RAID controller"},
    {"mpt3sas", "SAS controller"},
    {"i801_smbus", "SMBus"},
    {"mei_me", "management engine"},
    {"idma64", "DMA engine"},
    {"ioat-msix", "DMA engine"},
    {"virtio", "virtio device"},
    {"vfio-", "device given to a VM or a user-space driver"},
    {"nvme", "NVMe disk"},
    {"mlx4", "network adapter"},
    {"mlx5", "network adapter"},
    {"edac", "memory errors"},
    {"EDAC", "memory errors"},
    {"GPIO", "GPIO line"},
});

// By the end of the name: drivers put the address of their device before it.
constexpr auto kActionEnds = std::to_array<Word>({
    {"virtio-mmio", "virtio device"},
    {".gpio", "GPIO controller"},
    {"-pmu", "performance counters (perf)"},
});

// What the kernel's own text leaves open (arch/x86/kernel/irq.c, arch_show_interrupts).
constexpr auto kLabels = std::to_array<Word>({
    {"ERR", "spurious or failed interrupts of the APIC, all CPUs"},
    {"MIS", "interrupts that the IO-APIC delivered wrongly, all CPUs"},
    {"Err", "interrupts that nobody owned, all CPUs"},
    {"NMI", "watchdog, perf, crash"},
    {"LOC", "each CPU's timer: hrtimers and the tick"},
    {"SPU", "the APIC had none to give"},
    {"PMI", "perf"},
    {"IWI", "a CPU's own deferred work: perf, tracing, printk"},
    {"RTR", "the APIC was read again"},
    {"RES", "from another CPU: run your scheduler, or leave idle"},
    {"CAL", "from another CPU: run a function"},
    {"TLB", "from another CPU: forget a mapping"},
    {"TRM", "the CPU is hot"},
    {"THR", "machine check counter is full"},
    {"DFR", "memory error that was put off"},
    {"MCE", "machine check"},
    {"MCP", "machine check by polling"},
    {"HYP", "from this machine's hypervisor"},
    {"HRE", "Hyper-V"},
    {"HVS", "Hyper-V timer"},
    {"PIN", "KVM: interrupt for the guest that runs here"},
    {"NPI", "KVM: the same, nested"},
    {"PIW", "KVM: interrupt for a vCPU that sleeps"},
    {"PLT", "platform"},
});

// IPIs of ARM64 and others: their numbers differ from kernel to kernel, their texts do not.
constexpr auto kTexts = std::to_array<Word>({
    {"Rescheduling", "from another CPU: run your scheduler, or leave idle"},
    {"Function call", "from another CPU: run a function"},
    {"CPU stop (for crash dump)", "from another CPU: stop, for a crash dump"},
    {"CPU stop", "from another CPU: stop"},
    {"CPU wake-up", "from another CPU: leave the parking of boot"},
    {"CPU wakeup", "from another CPU: leave the parking of boot"},
    {"CPU backtrace", "from another CPU: say where you are"},
    {"KGDB", "from another CPU: stop for the debugger"},
    {"Timer broadcast", "from another CPU: your timer, which stands still in idle"},
    {"IRQ work", "a CPU's own deferred work: perf, tracing, printk"},
});

std::string_view longest_beginning(std::span<const Word> words, std::string_view text) {
  std::string_view best;
  std::size_t length = 0;
  for (const auto& [begin, about] : words) {
    if (text.starts_with(begin) && begin.size() > length) {
      best = about;
      length = begin.size();
    }
  }
  return best;
}

bool is_of_gic(std::string_view chip) {
  return chip.starts_with("GICv") || chip == "GIC" || chip.starts_with("GIC-");
}

// SGIs and PPIs, those of the extended range (GICv3.1) included.
bool is_gic_private(std::string_view chip, std::optional<std::uint64_t> hwirq) {
  constexpr std::uint64_t kFirstSpi = 32;
  constexpr std::uint64_t kFirstExtended = 1056;
  constexpr std::uint64_t kPastExtended = 1120;
  return is_of_gic(chip) && hwirq &&
         (*hwirq < kFirstSpi || (*hwirq >= kFirstExtended && *hwirq < kPastExtended));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The end of "virtio12", where a name is a word and a number.
std::size_t numbered_word(std::string_view text, std::string_view word) {
  if (!text.starts_with(word)) {
    return 0;
  }
  std::size_t end = word.size();
  while (end < text.size() && is_digit(text[end])) {
    ++end;
  }
  return end == word.size() ? 0 : end;
}

}  // namespace

std::optional<PciMessage> pci_message(std::string_view chip, std::optional<std::uint64_t> hwirq) {
  constexpr unsigned kIndexBits = 11;
  constexpr unsigned kDomainShift = 27;
  if (!hwirq) {
    return std::nullopt;
  }
  // "ITS-PCI-MSIX-0000:03:00.0", "IR-PCI-MSI-0000:00:1f.3": a domain of the device's own.
  const std::size_t msi = chip.find("PCI-MSI");
  if (msi != std::string_view::npos) {
    std::string_view rest = chip.substr(msi + 7);
    rest.remove_prefix(rest.starts_with('X') ? 1 : 0);
    if (rest.starts_with('-') && host::is_pci_address(rest.substr(1))) {
      return PciMessage{std::string(rest.substr(1)), *hwirq};
    }
    if (!rest.empty()) {
      return std::nullopt;
    }
  } else if (chip != "ITS-MSI") {
    return std::nullopt;
  }
  // One domain for all of them: pci_msi_domain_calc_hwirq() (drivers/pci/msi).
  const std::uint64_t domain = *hwirq >> kDomainShift;
  const std::uint64_t id = *hwirq >> kIndexBits & 0xffffU;
  if (domain > 0xffffffffU) {
    return std::nullopt;
  }
  return PciMessage{
      fmt::format("{:04x}:{:02x}:{:02x}.{:x}", domain, id >> 8U, id >> 3U & 0x1fU, id & 7U),
      *hwirq & ((1U << kIndexBits) - 1)};
}

ActionParts split_action(std::string_view action) {
  if (const std::size_t end = numbered_word(action, "virtio"); end != 0) {
    const std::string_view rest = action.substr(end);
    if (rest.empty() || rest.starts_with('-')) {
      return {action.substr(0, end), rest.substr(rest.empty() ? 0 : 1)};
    }
  }
  if (const std::size_t end = numbered_word(action, "nvme"); end != 0) {
    if (const std::string_view rest = action.substr(end); rest.starts_with('q')) {
      return {action.substr(0, end), rest.substr(1)};
    }
  }
  const std::size_t dash = action.find('-');
  if (dash != std::string_view::npos && dash != 0) {
    return {action.substr(0, dash), action.substr(dash + 1)};
  }
  return {action, {}};
}

std::string_view address_in_action(std::string_view action) {
  for (std::size_t open = action.find_first_of("(@:"); open != std::string_view::npos;
       open = action.find_first_of("(@:", open + 1)) {
    std::string_view inside = action.substr(open + 1);
    if (inside.starts_with("pci:")) {
      inside.remove_prefix(4);
    }
    const std::size_t end = std::min(inside.find_first_of(") "), inside.size());
    if (host::is_pci_address(inside.substr(0, end))) {
      return inside.substr(0, end);
    }
  }
  return {};
}

std::string_view about_action(std::string_view action) {
  if (action.starts_with("timer") && action != "timer") {
    return {};  // of Xen, or of a board
  }
  const std::string_view about = longest_beginning(kActions, action);
  if (about.empty()) {
    for (const auto& [end, ended] : kActionEnds) {
      if (action.ends_with(end)) {
        return ended;
      }
    }
  }
  return about;
}

std::string_view about_row(std::string_view label, std::string_view text) {
  const auto found = std::ranges::find(kLabels, label, &Word::first);
  return found == kLabels.end() ? longest_beginning(kTexts, text) : found->second;
}

std::string about_line(std::string_view chip, std::optional<std::uint64_t> hwirq) {
  constexpr std::uint64_t kFirstPpi = 16;
  if (!hwirq) {
    return {};
  }
  if (is_gic_private(chip, hwirq)) {
    return *hwirq < kFirstPpi ? fmt::format("SGI {}", *hwirq)
                              : fmt::format("PPI {}", *hwirq - kFirstPpi);
  }
  constexpr std::uint64_t kFirstSpi = 32;
  constexpr std::uint64_t kPastSpis = 1020;
  if (chip.starts_with("GIC") && *hwirq >= kFirstSpi && *hwirq < kPastSpis) {
    return fmt::format("SPI {}", *hwirq - kFirstSpi);
  }
  if (chip.find("pl061") != std::string_view::npos || chip.find("gpio") != std::string_view::npos ||
      chip.find("GPIO") != std::string_view::npos) {
    return fmt::format("GPIO line {}", *hwirq);
  }
  return {};
}

bool is_per_cpu(std::string_view chip, std::optional<std::uint64_t> hwirq) {
  // Those inside CPUs have no other interrupts.
  constexpr auto kInCpus = std::to_array<std::string_view>(
      {"RISC-V INTC", "RISC-V IPI", "CPUINTC", "LoongArch", "MIPS", "bcm2836-timer", "bcm2836-pmu",
       "bcm2836-mailbox", "AIC-FIQ", "GICv5-PPI", "xen-percpu", "XIVE-IPI", "IPI", "ARCv2 core",
       "ARC In-core", "csky-intc-percpu", "xtensa"});
  if (chip.starts_with("MIPS GIC")) {
    return chip.find("Local") != std::string_view::npos;
  }
  return is_gic_private(chip, hwirq) ||
         chip.find("HPET") != std::string_view::npos ||  // a timer for each CPU that needs one
         std::ranges::any_of(kInCpus, [&](auto name) { return chip.starts_with(name); });
}

bool is_per_cpu_action(std::string_view action) {
  constexpr auto kWhole = std::to_array<std::string_view>(
      {"arch_timer", "vgic", "twd", "local_timer", "IPI", "arm-pmu", "riscv-timer", "riscv-pmu",
       "sscofpmf", "arm_trbe", "coresight-trbe", "xen-evtchn-upcall"});
  constexpr auto kBegins = std::to_array<std::string_view>(
      {"kvm guest ", "arm_spe", "arm-spe", "IPI_", "IPI-", "IPI ", "mct_tick", "sbi-ipi"});
  constexpr auto kWithin = std::to_array<std::string_view>(
      {"per_cpu", "per-cpu", "percpu", "local timer", "local-timer"});
  // "armv8-pmu", "armv8_cortex_a53", "armv7_cortex_a9": those of a CPU, not of a bus.
  const bool counters = action.starts_with("armv");
  return counters || std::ranges::find(kWhole, action) != kWhole.end() ||
         std::ranges::any_of(kBegins, [&](auto word) { return action.starts_with(word); }) ||
         std::ranges::any_of(
             kWithin, [&](auto word) { return action.find(word) != std::string_view::npos; });
}

bool is_often_managed(std::string_view action) {
  // Their drivers ask for PCI_IRQ_AFFINITY.
  constexpr std::array<std::string_view, 15> kAdapters{
      "aacraid", "bnx2fc",  "csio",    "fnic",   "hisi_sas", "hpsa",     "lpfc",  "megasas",
      "mpi3mr",  "mpt3sas", "mpt2sas", "pm80xx", "qla2xxx",  "smartpqi", "ufshcd"};
  const ActionParts parts = split_action(action);
  if (numbered_word(action, "nvme") != 0) {
    return !parts.queue.empty() && parts.queue != "0";  // 0 is for commands of administration
  }
  if (numbered_word(action, "virtio") != 0) {
    return parts.queue.starts_with("req");  // of a disk
  }
  return std::ranges::any_of(kAdapters, [&](auto name) { return action.starts_with(name); });
}

bool is_never_managed(std::string_view action) {
  constexpr std::array<std::string_view, 3> kQueues{"input", "output", "control"};
  const ActionParts parts = split_action(action);
  return numbered_word(action, "virtio") != 0 &&
         std::ranges::any_of(kQueues, [&](auto name) { return parts.queue.starts_with(name); });
}

bool is_ipi(std::string_view label) {
  return label.starts_with("IPI") || label == "RES" || label == "CAL" || label == "TLB";
}

bool is_error_count(std::string_view label) {
  return label == "ERR" || label == "MIS" || label == "Err";
}

}  // namespace wakepath::interrupts
