// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/reading.hpp"
#include "cli/tee.hpp"
#include "present/view.hpp"
#include "privilege/command_rights.hpp"
#include "privilege/rights.hpp"
#include "record/tally.hpp"
#include "util/escape.hpp"
#include "wakepath/sources.hpp"

namespace wakepath::cli {

namespace {

OutputPlan plan_of(const ImportArguments& arguments) {
  return {arguments.output, arguments.force, {arguments.file, arguments.kallsyms}};
}

Result<void> check(const ImportArguments& arguments) {
  if (arguments.output.empty()) {
    return fail(
        ErrorKind::usage, "an --output is required",
        "wakepath import FILE -o FILE.wkp; or wakepath replay FILE, which shows it at once");
  }
  return check_output(plan_of(arguments));
}

tl::unexpected<Error> interrupted(const ImportArguments& arguments) {
  return fail(ErrorKind::bad_output,
              arguments.output == "-"
                  ? "interrupted: standard output ends in the middle"
                  : "interrupted: " + escape_terminal(arguments.output) + " was not written");
}

}  // namespace

Result<ExitCode> import_trace(const ImportArguments& arguments, Console& console) {
  if (arguments.outline) {
    return import_outline(arguments, console);
  }
  if (auto usable = check(arguments); !usable) {
    return tl::unexpected(usable.error());
  }
  const Interrupt interrupt;
  WAKEPATH_TRY(foreign::GivenFiles given,
               foreign::open_given_files(arguments.file, arguments.kallsyms));
  // All that is given must be open before our rights go. Nobody may name files where root may.
  WAKEPATH_TRY(auto writer, dump::DumpWriter::create(plan_of(arguments), OutputFile::Kind::whole));
  if (privilege::has_rights()) {
    WAKEPATH_CHECK(writer->keep_rights_for_names(privilege::name_files_only));
  }
  WAKEPATH_TRY(const auto source, read_given(std::move(given), interrupt));
  record::Tally tally;
  SavingTee tee(std::move(writer), arguments.output, &tally);
  ExitCode code = ExitCode::ok;
  for (bool go_on = true; go_on && !tee.failed();) {
    const auto more = source->pump(tee);
    if (interrupt.asked() && !(more && !*more)) {
      return interrupted(arguments);
    }
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
  if (code != ExitCode::ok && tally.events() == 0) {
    console.say(arguments.output + " was not written: nothing of " + arguments.file +
                " can be read");
    return code;
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
