// SPDX-License-Identifier: GPL-2.0-or-later
#include <optional>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/reading.hpp"
#include "cli/tee.hpp"
#include "present/view.hpp"
#include "privilege/command_rights.hpp"
#include "privilege/rights.hpp"
#include "record/address_aliases.hpp"
#include "record/anonymizer.hpp"
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
        arguments.anonymize
            ? "wakepath anonymize FILE -o FILE.wkp"
            : "wakepath import FILE -o FILE.wkp; or wakepath replay FILE, which shows it at once");
  }
  return check_output(plan_of(arguments));
}

tl::unexpected<Error> interrupted(const ImportArguments& arguments) {
  return fail(ErrorKind::bad_output,
              arguments.output == "-"
                  ? "interrupted: standard output ends in the middle"
                  : "interrupted: " + escape_terminal(arguments.output) + " was not written");
}

// A trace of another tool holds its kernel's addresses.
class Anonymous final : public RecordSink {
 public:
  explicit Anonymous(RecordSink& next) : addresses_(aliases_, next) {}
  Result<void> record(RecordView view) override { return names_.record(view); }
  [[nodiscard]] std::string done() const {
    const record::NameAliases& names = names_.names();
    return fmt::format(
        "replaced the names of {}, {} and {}; left out the command line{}{}",
        present::count_text(names.vms(), "VM"), present::count_text(names.tasks(), "thread"),
        present::count_text(names.devices(), "device"),
        names_.host_files() == 0
            ? ""
            : fmt::format(", {} of /proc and /sys (so audit has no settings to judge)",
                          present::count_text(names_.host_files(), "file")),
        names_.unknown_records() == 0
            ? ""
            : fmt::format(", {} that this version does not know",
                          present::count_text(names_.unknown_records(), "record")));
  }
  // Something in it may hold a name, so none of it is written.
  [[nodiscard]] bool refused() const { return names_.refused(); }

 private:
  record::AddressAliases aliases_{record::AddressAliases::random_key()};
  record::AliasingSink addresses_;
  record::Anonymizer names_{addresses_};  // first: it writes facts in their newest form
};

}  // namespace

Result<ExitCode> import_trace(const ImportArguments& arguments, Console& console) {
  if (arguments.outline) {
    return import_outline(arguments, console);
  }
  if (auto usable = check(arguments); !usable) {
    return tl::unexpected(usable.error());
  }
  const Interrupt interrupt(Interrupt::soon());
  WAKEPATH_TRY(foreign::GivenFiles given,
               foreign::open_given_files(arguments.file, arguments.kallsyms));
  // All that is given must be open before our rights go. Nobody may name files where root may.
  WAKEPATH_TRY(auto writer, dump::DumpWriter::create(plan_of(arguments), OutputFile::Kind::whole));
  if (privilege::has_rights()) {
    WAKEPATH_CHECK(writer->keep_rights_for_names(privilege::name_files_only));
  }
  WAKEPATH_TRY(const auto source, read_given(std::move(given), interrupt));
  console.writes_to(arguments.output);
  record::Tally tally;
  SavingTee tee(std::move(writer), arguments.output, &tally);
  std::optional<Anonymous> anonymous;
  if (arguments.anonymize) {
    anonymous.emplace(tee);
  }
  RecordSink& sink = anonymous ? static_cast<RecordSink&>(*anonymous) : tee;
  ExitCode code = ExitCode::ok;
  std::optional<ReadProgress> progress(std::in_place, console, arguments.file, *source);
  for (bool go_on = true; go_on && !tee.failed();) {
    const auto more = source->pump(sink);
    progress->tick();
    if (interrupt.asked() && !(more && !*more)) {
      return interrupted(arguments);
    }
    if (anonymous && anonymous->refused()) {
      return tl::unexpected(more.error());
    }
    if (!more) {
      code = more_severe(code, console.report(more.error()));
    }
    go_on = more && *more;
  }
  progress.reset();
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
  if (anonymous) {
    console.say(anonymous->done());
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
