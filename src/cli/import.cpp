// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/stream_file.hpp"
#include "cli/tee.hpp"
#include "present/view.hpp"
#include "record/tally.hpp"
#include "util/escape.hpp"

namespace wakepath::cli {

namespace {

Result<void> check(const ImportArguments& arguments) {
  if (arguments.output.empty()) {
    return fail(
        ErrorKind::usage, "an --output is required",
        "wakepath import FILE -o FILE.wkp; or wakepath replay FILE, which shows it at once");
  }
  return {};
}

}  // namespace

Result<ExitCode> import_trace(const ImportArguments& arguments, Console& console) {
  if (arguments.outline) {
    return import_outline(arguments, console);
  }
  if (auto usable = check(arguments); !usable) {
    return tl::unexpected(usable.error());
  }
  auto source = StreamFile::open(arguments.file, {arguments.kallsyms});
  if (!source) {
    return tl::unexpected(source.error());
  }
  if ((*source)->is_dump()) {
    return fail(ErrorKind::usage, escape_terminal(arguments.file) + " is a recording of wakepath",
                "wakepath replay " + escape_terminal(arguments.file));
  }
  auto writer = dump::DumpWriter::create(arguments.output);
  if (!writer) {
    return tl::unexpected(writer.error());
  }
  const Interrupt interrupt;
  record::Tally tally;
  SavingTee tee(std::move(*writer), arguments.output, &tally);
  ExitCode code = ExitCode::ok;
  for (bool go_on = true; go_on && !interrupt.asked() && !tee.failed();) {
    const auto more = (*source)->pump(tee);
    if (!more) {
      code = more_severe(code, console.report(more.error()));
    }
    go_on = more && *more;
  }
  for (const std::string& remark : (*source)->remarks()) {
    console.say(arguments.file + ": " + remark);
  }
  for (const std::string& problem : (*source)->problems()) {
    console.say(arguments.file + ": " + problem);
    code = more_severe(code, ExitCode::bad_input);
  }
  auto totals = tee.close();
  if (!totals) {
    return more_severe(code, console.report(totals.error()));
  }
  std::size_t vcpus = 0;
  for (const auto& [key, vm] : tally.vms()) {
    vcpus += vm.vcpus.size();
  }
  console.say(fmt::format("wrote {}, {}", saved_text(arguments.output, *totals),
                          vcpus == 0 ? "no vCPU in it: trace the events kvm:* too"
                                     : present::count_text(vcpus, "vCPU")));
  return code;
}

}  // namespace wakepath::cli
