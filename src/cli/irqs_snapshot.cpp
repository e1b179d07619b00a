// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <filesystem>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "host/archive.hpp"
#include "present/view.hpp"
#include "privilege/command_rights.hpp"
#include "util/escape.hpp"

namespace wakepath::cli {

Result<ExitCode> irqs_snapshot(const IrqsArguments& arguments, Console& console) {
  const interrupts::IrqSelection& chosen = arguments.selection;
  if (arguments.watch || arguments.duration || arguments.all || chosen.cpus ||
      !chosen.devices.empty() || !chosen.drivers.empty() || !chosen.names.empty() ||
      !chosen.vms.empty()) {
    return fail(ErrorKind::usage, "a snapshot is of the whole host, and shows nothing",
                "give --snapshot alone, or with --root");
  }
  if (std::error_code problem; std::filesystem::is_regular_file(arguments.root, problem)) {
    return fail(ErrorKind::usage,
                escape_terminal(arguments.root) + " is a file: a snapshot copies a directory");
  }
  const Interrupt interrupt;
  auto archive = host::Archive::create(
      {arguments.snapshot, arguments.force, {arguments.root, arguments.pci_ids}});
  if (!archive) {
    return tl::unexpected(archive.error());
  }
  privilege::stay_below(arguments.root);
  const auto totals =
      host::take_snapshot(arguments.root, **archive, [&interrupt] { return !interrupt.asked(); });
  if (!totals) {
    return tl::unexpected(totals.error());
  }
  if (!totals->whole) {
    return fail(ErrorKind::bad_output, "stopped: no snapshot was written");
  }
  if (totals->files == 0) {
    return fail(ErrorKind::usage, escape_terminal(arguments.root) + " has neither /proc nor /sys");
  }
  if (auto done = (*archive)->finish(); !done) {
    return tl::unexpected(done.error());
  }
  std::string text = fmt::format(
      "wrote {}: {}", arguments.snapshot == "-" ? "to standard output" : arguments.snapshot,
      present::count_text(totals->files, "file"));
  if (totals->unreadable != 0) {
    text += fmt::format("; {} more can't be read by this user", totals->unreadable);
  }
  console.say(text);
  return ExitCode::ok;
}

}  // namespace wakepath::cli
