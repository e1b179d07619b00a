// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include "cli/options.hpp"
#include "util/escape.hpp"

namespace wakepath::cli {

namespace {

Result<analysis::IrqOrder> parse_order(const std::string& text) {
  using enum analysis::IrqOrder;
  constexpr std::array<std::pair<std::string_view, analysis::IrqOrder>, 4> kOrders{
      {{"irq", number}, {"count", count}, {"rate", rate}, {"device", device}}};
  const auto* const found =
      std::ranges::find(kOrders, text, [](const auto& one) { return one.first; });
  if (found != kOrders.end()) {
    return found->second;
  }
  return fail(ExitCode::usage, "no order '" + escape_terminal(text) + "'",
              "irq, count, rate or device");
}

}  // namespace

void add_irqs(CLI::App& app, IrqsArguments& irqs) {
  const auto add_list = [&app](const char* name, std::vector<std::string>& list, const char* type,
                               const char* help) {
    app.add_option(name, list, help)->type_name(type)->allow_extra_args(false);
  };
  app.option_defaults()->group("Which interrupts");
  add_list("--device", irqs.selection.devices, "NAME",
           "Those of this device: eth1, vda, virtio1, 0000:04:00.0; repeatable");
  add_list("--driver", irqs.selection.drivers, "NAME",
           "Those of this driver's devices; repeatable");
  add_list("--name", irqs.selection.names, "TEXT", "Those with this in their name; repeatable");
  add_parsed(
      app, "--cpu", "LIST", [](const std::string& text) { return CpuSet::parse(text); },
      [&](CpuSet cpus) { irqs.selection.cpus = std::move(cpus); },
      "Those that came to one of these CPUs, or go there: 0-3,8");
  add_list("--vm", irqs.selection.vms, "NAME",
           "Those of devices given to this VM, or that go to CPUs it is pinned to; repeatable");
  app.option_defaults()->group("Output");
  app.add_option("--root", irqs.root, "Read /proc and /sys below this directory (default /)")
      ->type_name("DIR");
  app.add_option("--pci-ids", irqs.pci_ids, "Names of PCI devices (default this system's pci.ids)")
      ->type_name("FILE");
  app.add_option(
         "--snapshot", irqs.snapshot,
         "Write what is read of this host to FILE, a .tar.zst, for --root elsewhere once it is "
         "unpacked. It holds CPU, IRQ and device settings, the kernel's command line, names of "
         "interfaces and disks, each thread's name and CPUs, names of VMs; no environment, "
         "no other command line")
      ->type_name("FILE");
  app.add_flag("--all", irqs.all, "A line for each interrupt, however many there are");
  add_parsed(
      app, "--sort", "KEY", parse_order, [&](auto value) { irqs.order = value; },
      "irq, count, rate or device (default irq)");
  add_parsed(
      app, "-d,--duration", "TIME", parse_span, [&](auto value) { irqs.duration = value; },
      "Count for so long, and show how many come in a second");
  app.add_flag("--watch", irqs.watch, "Show it again and again, until Ctrl-C or for -d");
  add_parsed(
      app, "--interval", "TIME", parse_span, [&](auto value) { irqs.interval = value; },
      "How often --watch shows it (default 1s)");
  add_format(app, irqs.format, "table for people, or ndjson: one JSON object an interrupt");
}

}  // namespace wakepath::cli
