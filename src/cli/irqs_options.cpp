// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

namespace wakepath::cli {

namespace {

auto order_value() {
  using enum interrupts::IrqOrder;
  return choice<interrupts::IrqOrder>(
      "KEY", {{"irq", number}, {"count", count}, {"rate", rate}, {"device", device}});
}

constexpr const char* kIrqsExamples = R"(Examples:
  wakepath irqs                                  every interrupt: counts, device, where it goes
  wakepath irqs --device eth1                    or 0000:04:00.0, vda, virtio1, nvme0
  wakepath irqs --cpu 42 -d 10s --sort rate      who interrupts CPU 42
  wakepath irqs --root copy-of-a-host --format ndjson
  wakepath irqs --root host.tar.zst              what --snapshot wrote elsewhere
  ssh host cat /proc/interrupts | wakepath irqs --root -
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
  app.option_defaults()->group("Options");
  CLI::Option* irq =
      app.add_option("IRQ", move.wanted.irq, "The interrupt's number, as in /proc/interrupts")
          ->type_name("");
  CLI::Option* device = app.add_option("--device", move.wanted.device,
                                       "All of this device instead: eth1, vda, 0000:04:00.0")
                            ->type_name("NAME")
                            ->excludes(irq);
  add_value(
      app, "--cpu", cpus_value(), [&move](CpuSet cpus) { move.wanted.cpus = std::move(cpus); },
      "Where to: 0-3,8")
      ->required();
  app.add_flag("--spread", move.wanted.spread, "A CPU for each queue in turn, see below")
      ->needs(device);
  add_value(
      app, "--wait", time_or_zero(Span(1)), [&move](Span value) { move.wait = value; },
      "Wait at most this long for one to come; 0: not at all (default 3s)");
  app.add_flag("--dry-run", move.dry_run, "Say what would be written, and write nothing");
  app.add_option("--root", move.root,
                 "Where /proc and /sys are (default /); with --dry-run also a copy, or a file that "
                 "irqs --snapshot wrote")
      ->type_name("DIR|FILE");
  add_format(app, move.format);
}

Result<Command> finish_move(const CLI::App& irqs, const IrqMoveArguments& move) {
  constexpr const char* kHelp = "wakepath irqs move --help";
  for (const CLI::Option* option : irqs.get_options()) {
    if (option->count() > 0) {
      return fail(ErrorKind::usage, option->get_name() + " stands before 'move'", kHelp);
    }
  }
  if (move.wanted.irq.empty() && move.wanted.device.empty()) {
    return fail(ErrorKind::usage, "an IRQ or a --device is required", kHelp);
  }
  return move;
}

}  // namespace

Subcommand add_irqs(CLI::App& root) {
  CLI::App& app =
      add_command(root, "irqs", "Say which interrupt is which device's, and which CPUs it goes to",
                  kIrqsExamples);
  auto arguments = std::make_shared<IrqsArguments>();
  auto move = std::make_shared<IrqMoveArguments>();
  IrqsArguments& irqs = *arguments;
  const auto add_list = [&app](const char* name, std::vector<std::string>& list, const char* type,
                               const char* help) {
    app.add_option(name, list, help)->type_name(type)->allow_extra_args(false);
  };
  app.option_defaults()->group("Which interrupts");
  add_list("--device", irqs.selection.devices, "NAME",
           "Interrupts of this device: eth1, vda, virtio1, 0000:04:00.0; repeatable");
  add_list("--driver", irqs.selection.drivers, "NAME",
           "Interrupts of this driver's devices; repeatable");
  add_list("--name", irqs.selection.names, "TEXT",
           "Interrupts with this in their name; repeatable");
  add_value(
      app, "--cpu", cpus_value(), [&irqs](CpuSet cpus) { irqs.selection.cpus = std::move(cpus); },
      "Interrupts that came to one of these CPUs, or go there: 0-3,8");
  add_list(
      "--vm", irqs.selection.vms, "NAME",
      "Interrupts of devices given to this VM, or that go to CPUs it is pinned to; repeatable");
  app.option_defaults()->group("Output");
  app.add_option(
         "--root", irqs.root,
         "Read /proc and /sys below this directory (default /); or a tar archive of one, or "
         "a copied /proc/interrupts, packed or not, - from a pipe")
      ->type_name("DIR|FILE");
  app.add_option("--pci-ids", irqs.pci_ids, "Names of PCI devices (default this system's pci.ids)")
      ->type_name("FILE");
  CLI::Option* snapshot =
      app.add_option(
             "--snapshot", irqs.snapshot,
             "Write what wakepath reads of this host to FILE, a .tar.zst, for --root elsewhere; "
             "wakepath(1) says what it holds")
          ->type_name("FILE");
  add_force(app, irqs.force)->needs(snapshot);
  app.add_flag("--all", irqs.all, "A line for each interrupt, however many there are");
  add_value(
      app, "--sort", order_value(), [&irqs](auto value) { irqs.order = value; },
      "irq, count, rate or device (default irq)");
  add_value(
      app, "-d,--duration", time_value(), [&irqs](Span value) { irqs.duration = value; },
      "Count for so long, and show how many come in a second");
  app.add_flag(
      "--watch", irqs.watch,
      "Show it again and again, until Ctrl-C or for -d; on a terminal a screen with keys: ?");
  app.add_flag("--plain", irqs.plain, "Print tables with --watch on a terminal too");
  add_value(
      app, "--interval", time_value(), [&irqs](Span value) { irqs.interval = value; },
      "How often --watch shows it (default 1s)");
  add_format(app, irqs.format);
  CLI::App& move_app = add_command(
      app, "move", "Send an interrupt, or all of a device, to other CPUs, and see where it comes",
      kMoveExamples);
  add_move(move_app, *move);
  return {&app, [&app, &move_app, arguments, move] {
            return move_app.parsed() ? finish_move(app, *move) : Result<Command>(*arguments);
          }};
}

}  // namespace wakepath::cli
