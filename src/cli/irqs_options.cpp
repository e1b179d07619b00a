// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include "cli/options.hpp"
#include "util/escape.hpp"

namespace wakepath::cli {

namespace {

Result<interrupts::IrqOrder> parse_order(const std::string& text) {
  using enum interrupts::IrqOrder;
  constexpr std::array<std::pair<std::string_view, interrupts::IrqOrder>, 4> kOrders{
      {{"irq", number}, {"count", count}, {"rate", rate}, {"device", device}}};
  const auto* const found =
      std::ranges::find(kOrders, text, [](const auto& one) { return one.first; });
  if (found != kOrders.end()) {
    return found->second;
  }
  return fail(ErrorKind::usage, "no order '" + escape_terminal(text) + "'",
              "irq, count, rate or device");
}

constexpr const char* kIrqsExamples = R"(Examples:
  wakepath irqs                                  every interrupt: counts, device, where it goes
  wakepath irqs --device eth1                    or 0000:04:00.0, vda, virtio1, nvme0
  wakepath irqs --cpu 42 -d 10s --sort rate      who interrupts CPU 42
  wakepath irqs --root copy-of-a-host --format ndjson
  wakepath irqs move 57 --cpu 2                  send one elsewhere: wakepath irqs move --help)";
constexpr const char* kMoveExamples =
    R"(It prints the commands that put all back. With --spread queue 0 of each kind (rx, tx; input, output) goes
to the first CPU, queue 1 to the second, and after the last CPU it begins again; what is no queue (config,
admin) goes to the first. Without it each may go to all of them, and the interrupt controller chooses.

Exit codes: 1 it was written, and goes or came elsewhere; 2 no such IRQ, device or CPU, or an offline CPU;
            3 nobody can move it (managed, one of each CPU, an IPI), or the kernel refuses; 4 not root.

Examples:
  wakepath irqs move 57 --cpu 2
  wakepath irqs move --device eth1 --cpu 1-3 --spread
  wakepath irqs move --device eth1 --cpu 1-3 --dry-run)";

void add_move(CLI::App& app, IrqMoveArguments& move) {
  app.footer(kMoveExamples);
  app.get_formatter()->column_width(26);
  app.option_defaults()->group("Options");
  CLI::Option* irq =
      app.add_option("IRQ", move.wanted.irq, "The interrupt's number, as in /proc/interrupts")
          ->type_name("");
  CLI::Option* device = app.add_option("--device", move.wanted.device,
                                       "All of this device instead: eth1, vda, 0000:04:00.0")
                            ->type_name("NAME")
                            ->excludes(irq);
  add_parsed(
      app, "--cpu", "LIST", [](const std::string& text) { return CpuSet::parse(text); },
      [&](CpuSet cpus) { move.wanted.cpus = std::move(cpus); }, "Where to: 0-3,8")
      ->required();
  app.add_flag("--spread", move.wanted.spread, "A CPU for each queue in turn, see below")
      ->needs(device);
  add_parsed(
      app, "--wait", "TIME",
      [](const std::string& text) {
        return text == "0" ? Result<std::chrono::nanoseconds>{} : parse_span(text);
      },
      [&](auto value) { move.wait = value; },
      "For one to come, at most so long; 0: not at all (default 3s)");
  app.add_flag("--dry-run", move.dry_run, "Say what would be written, and write nothing");
  app.add_option("--root", move.root, "Where /proc and /sys are (default /)")->type_name("DIR");
  add_format(app, move.format, "table for people, or ndjson: one JSON object an interrupt");
}

}  // namespace

CLI::App* add_irqs(CLI::App& app, IrqsArguments& irqs, IrqMoveArguments& move) {
  app.footer(kIrqsExamples);
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
         "Write what wakepath reads of this host to FILE, a .tar.zst, for --root elsewhere once it "
         "is unpacked; wakepath(1) says what it holds")
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
  CLI::App* command = app.add_subcommand(
      "move", "Send an interrupt, or all of a device, to other CPUs, and see where it comes");
  add_move(*command, move);
  return command;
}

}  // namespace wakepath::cli
