// SPDX-License-Identifier: GPL-2.0-or-later
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/tee.hpp"
#include "present/view.hpp"
#include "record/tally.hpp"
#include "util/escape.hpp"
#include "wakepath/sources.hpp"

namespace wakepath::cli {

namespace {

Result<void> check(const ImportArguments& arguments) {
  if (arguments.output.empty()) {
    return fail(
        ErrorKind::usage, "an --output is required",
        "wakepath import FILE -o FILE.wkp; or wakepath replay FILE, which shows it at once");
  }
  std::error_code differ;
  if (std::filesystem::equivalent(arguments.file, arguments.output, differ) && !differ) {
    return fail(ErrorKind::usage,
                escape_terminal(arguments.output) +
                    " is the file that is read, and can't be the "
                    "--output too",
                "-o with another name");
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
  WAKEPATH_TRY(const auto source, open_input(arguments.file, {arguments.kallsyms}));
  WAKEPATH_TRY(auto writer, dump::DumpWriter::create(arguments.output));
  const Interrupt interrupt;
  record::Tally tally;
  SavingTee tee(std::move(writer), arguments.output, &tally);
  ExitCode code = ExitCode::ok;
  for (bool go_on = true; go_on && !interrupt.asked() && !tee.failed();) {
    const auto more = source->pump(tee);
    if (!more) {
      code = more_severe(code, console.report(more.error()));
    }
    go_on = more && *more;
  }
  for (const std::string& remark : source->remarks()) {
    console.say(arguments.file + ": " + remark);
  }
  for (const std::string& problem : source->problems()) {
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
                          vcpus != 0               ? present::count_text(vcpus, "vCPU")
                          : source->is_recording() ? "no vCPU in it"
                                                   : "no vCPU in it: trace the events kvm:* too"));
  return code;
}

}  // namespace wakepath::cli
