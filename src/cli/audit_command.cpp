// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/audit.hpp"

#include <algorithm>
#include <future>
#include <system_error>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "audit/cpu_activity.hpp"
#include "cli/audit_looks.hpp"
#include "cli/capture_run.hpp"
#include "cli/commands.hpp"
#include "cli/declared.hpp"
#include "cli/interrupt.hpp"
#include "cli/notices_only.hpp"
#include "cli/reading.hpp"
#include "cli/vm_check.hpp"
#include "host/busy.hpp"
#include "host/tree_facts.hpp"
#include "present/renderer.hpp"
#include "privilege/command_rights.hpp"
#include "util/escape.hpp"
#include "wakepath/pipeline.hpp"

namespace wakepath::cli {

namespace {

constexpr int kBusyMilliseconds = 200;

// What a stranger's directory declares, where a file is read after it: what reads the directory
// gives up rights that the file's reader still needs to give up its own, and to start its children.
Result<Declared> read_declared_apart(const std::string& root) {
  try {
    return std::async(std::launch::async,
                      [&root] {
                        privilege::read_trees_only_in_this_thread(root);
                        return read_declared(root);
                      })
        .get();
  } catch (const std::system_error& error) {
    return fail(ErrorKind::unsupported, fmt::format("can't start a thread to read {}: {}",
                                                    escape_terminal(root), error.code().message()));
  }
}

Result<void> check_root(const std::string& root, const Declared& declared) {
  const host::HostSettings& settings = declared.settings;
  if (declared.irqs || settings.online || settings.cpu_options || settings.threads.seen ||
      settings.rt_runtime_us) {
    return {};
  }
  return fail(ErrorKind::bad_input,
              "neither /proc nor /sys can be read below " + escape_terminal(root),
              "--root DIR, where DIR/proc and DIR/sys are, or a tar archive of one");
}

// On a CPU that is not there nothing would be found. `possible`: CPUs of the host; 0: not known.
Result<void> check_isolated(const CpuSet& isolated, std::uint64_t possible) {
  for (const std::uint32_t cpu : isolated.list()) {
    if (possible != 0 && cpu >= possible) {
      return fail(ErrorKind::usage, fmt::format("--isolated: no CPU {} on that host", cpu),
                  fmt::format("some of the CPUs 0-{}", possible - 1));
    }
  }
  return {};
}

// `wanted` is empty where all VMs are judged.
Result<void> check_vm(const std::string& wanted, const std::vector<std::string>& known) {
  return wanted.empty() ? Result<void>{} : check_vms({wanted}, known);
}

Result<ExitCode> show(const AuditArguments& arguments, const audit::AuditReport& report,
                      Console& console) {
  present::RenderOptions options;
  options.all = arguments.all;
  options.text.width = console.line_width();
  const auto renderer =
      present::make_renderer(arguments.format, options, console.out(), console.err());
  WAKEPATH_CHECK(renderer->audit(report));
  const bool passed =
      !report.verdict || report.verdict->result == audit::AuditVerdict::Result::passed;
  return passed ? ExitCode::ok : ExitCode::verdict_failed;
}

PipelineOptions pipeline_options(const AuditArguments& arguments) {
  PipelineOptions options;
  options.interval_ns = 0;
  options.memory_bytes = arguments.memory;
  if (!arguments.vm.empty()) {
    options.selection.vms = {arguments.vm};
  }
  return options;
}

// While a screen is there nothing may be written beside it.
class NoticesOfLooks final : public Sink {
 public:
  explicit NoticesOfLooks(AuditLooks& looks) : looks_(looks) {}
  Result<void> notice(const std::string& text) override {
    looks_.say(text);
    return {};
  }

 private:
  AuditLooks& looks_;
};

// `input` is for the looks of a watch, and gets their threads.
Result<audit::Observed> observe_here(const AuditArguments& arguments, const std::string& line,
                                     audit::AuditInput& input, Console& console) {
  CaptureArguments capture;
  capture.duration = arguments.duration;
  capture.events = capture::EventSet::production();
  WAKEPATH_TRY(auto run, CaptureRun::open(capture, line, console));
  std::optional<AuditLooks> looks;
  if (arguments.watch) {
    looks.emplace(arguments, input, console);
  }
  privilege::capture_only(false);
  NoticesOnly told(console);
  std::optional<NoticesOfLooks> kept;
  std::optional<CaptureProgress> progress;
  if (looks) {
    looks->start();
    kept.emplace(*looks);
  } else {
    progress.emplace(console, arguments.duration);
  }
  Sink& sink = kept ? static_cast<Sink&>(*kept) : told;
  audit::CpuActivity activity;
  Pipeline pipeline(pipeline_options(arguments), sink, &activity);
  WAKEPATH_CHECK(run.run(pipeline, [&]() -> Result<bool> {
    if (looks) {
      return looks->round(activity);
    }
    progress->tick();
    return true;
  }));
  progress.reset();
  WAKEPATH_TRY(const auto summary, pipeline.finish());
  if (looks) {
    input.self = looks->threads();
    looks->close();
  }
  return activity.observed(summary);
}

class NoticesOfRecording final : public NoticesOnly {
 public:
  using NoticesOnly::NoticesOnly;
  Result<void> header(const Header& header) override {
    cpus_ = header.cpus;
    return NoticesOnly::header(header);
  }
  [[nodiscard]] std::uint64_t cpus() const { return cpus_; }

 private:
  std::uint64_t cpus_{0};
};

struct Replayed {
  Result<audit::Observed> observed;  // or why there is nothing
  std::uint64_t cpus{};              // of its host; 0: not known
  std::vector<std::string> vms;
  std::optional<Declared> declared;
  bool damaged{false};
};

Result<Replayed> replay_file(const AuditArguments& arguments, foreign::GivenFiles given,
                             Console& console) {
  const Interrupt interrupt(Interrupt::soon());
  WAKEPATH_TRY(const auto source, read_given(std::move(given), interrupt));
  NoticesOfRecording sink(console);
  audit::CpuActivity activity;
  PipelineOptions options = pipeline_options(arguments);
  options.stopped = [&interrupt] { return interrupt.asked(); };
  Pipeline pipeline(std::move(options), sink, &activity);
  host::TreeFactsReader records(pipeline);
  Replayed replayed;
  std::optional<ReadProgress> progress(std::in_place, console, arguments.file, *source);
  for (bool go_on = true; go_on && !interrupt.asked();) {
    auto more = source->pump(records);
    progress->tick();
    if (!more && more.error().kind == ErrorKind::interrupted) {
      break;
    }
    if (!more && more.error().kind != ErrorKind::bad_input) {
      return tl::unexpected(more.error());
    }
    if (!more) {
      console.report(more.error());
      replayed.damaged = true;
    }
    go_on = more && *more;
  }
  progress.reset();
  for (const std::string& problem : source->problems()) {
    console.say(arguments.file + ": " + problem);
    replayed.damaged = true;
  }
  WAKEPATH_TRY(const Summary summary, finish(pipeline, *source, interrupt));
  if (summary.partial == Partial::interrupted) {
    replayed.observed =
        fail(ErrorKind::unsupported, "interrupted: the recording was not read to its end");
  } else if (summary.events == 0) {
    replayed.observed = fail(ErrorKind::unsupported, "there is no event in it");
  } else if (sink.untimed()) {
    replayed.observed = fail(ErrorKind::unsupported,
                             "the trace has no times, so for how long anything ran is not known");
  } else {
    replayed.observed = activity.observed(summary);
  }
  if (records.left_out() != 0) {
    console.say(
        fmt::format("{}: {} of its host's settings {} unsound or incomplete, and left out: {}",
                    arguments.file, records.left_out(), records.left_out() == 1 ? "is" : "are",
                    host::some_of(records.left_out_names(), records.left_out())));
    replayed.damaged = true;
  }
  if (records.tree() != nullptr && !arguments.root) {
    replayed.declared = read_declared(records.tree()->path());
  }
  replayed.cpus = sink.cpus();
  replayed.vms = pipeline.vms();
  return replayed;
}

bool is_this_host(const std::string& root) {
  return root.find_first_not_of('/') == std::string::npos;
}

std::vector<std::string> names_of(const std::vector<host::VmThreads>& vms) {
  std::vector<std::string> names;
  names.reserve(vms.size());
  for (const host::VmThreads& vm : vms) {
    names.push_back(vm.name);
  }
  return names;
}

// `wanted`: the user asked for what ran too.
audit::AuditReport report_on(audit::AuditInput input, const Result<audit::Observed>& observed,
                             bool wanted) {
  input.observed = observed ? &*observed : nullptr;
  std::string why;
  if (!observed) {
    const Error& error = observed.error();
    why = error.message + (error.fix.empty() ? "" : " (try: " + error.fix + ")");
  }
  input.not_observed = wanted ? why : "";
  audit::AuditReport report = audit::audit(input);
  report.not_observed = std::move(why);
  return report;
}

// The settings of this host, or of a copy, and what is observed here.
Result<ExitCode> audit_host(const AuditArguments& arguments, const std::string& line,
                            audit::AuditInput input, Console& console) {
  const bool here = is_this_host(arguments.root.value_or(""));
  const std::string why_not = !here ? "this is a copy of another machine's settings"
                              : arguments.duration == std::chrono::nanoseconds{0}
                                  ? "--for 0 asks for the settings alone"
                                  : "";
  if (arguments.watch && !why_not.empty()) {
    return fail(ErrorKind::usage, "--watch observes, and " + why_not, "leave out --watch");
  }
  std::optional<host::BusyMeter> meter;
  Result<audit::Observed> observed = fail(ErrorKind::unsupported, why_not);
  if (here) {
    input.self = {static_cast<std::uint32_t>(::getpid())};
    meter.emplace("", input.settings->threads.pinned);
    if (why_not.empty()) {
      observed = observe_here(arguments, line, input, console);
      // Somebody who watches is there for what runs.
      if (!observed && arguments.watch) {
        return tl::unexpected(observed.error());
      }
    }
    if (!observed) {
      ::poll(nullptr, 0, kBusyMilliseconds);
    }
    input.busy = meter->percent();
  }
  return show(arguments, report_on(input, observed, why_not.empty()), console);
}

Result<ExitCode> audit_recording(const AuditArguments& arguments, foreign::GivenFiles given,
                                 audit::AuditInput input, Console& console) {
  WAKEPATH_TRY(const Replayed replayed, replay_file(arguments, std::move(given), console));
  if (replayed.declared) {
    declare(*replayed.declared, input);
  }
  const std::uint64_t declared = input.settings == nullptr ? 0 : input.settings->possible;
  WAKEPATH_CHECK(check_isolated(arguments.isolated, declared == 0 ? replayed.cpus : declared));
  WAKEPATH_TRY(const ExitCode code,
               show(arguments, report_on(input, replayed.observed, true), console));
  WAKEPATH_CHECK(check_vm(arguments.vm, replayed.vms));
  return replayed.damaged ? more_severe(code, ExitCode::bad_input) : code;
}

}  // namespace

Result<ExitCode> audit(const AuditArguments& arguments, const std::string& line, Console& console) {
  audit::AuditInput input;
  input.isolated = arguments.isolated;
  input.vm = arguments.vm;
  input.fail_at = arguments.fail_at;
  Declared declared;
  if (arguments.file == "-" && arguments.root == "-") {
    return fail(ErrorKind::usage, "standard input can't be the recording and the root alike");
  }
  const std::string given = arguments.root.value_or("");
  foreign::GivenFiles files;
  if (!arguments.file.empty()) {
    WAKEPATH_TRY(files, open_files_to_print(arguments.file));
  }
  // Another's files are read with other rights than this host's, which a capture follows.
  bool apart = false;
  WAKEPATH_TRY(const host::GivenRoot root, open_root(given, [&](bool is_file) {
                 apart = !is_file && !arguments.file.empty() && !is_this_host(given);
                 if (is_file) {
                   privilege::read_files_only();
                 } else if (arguments.file.empty() && !is_this_host(given)) {
                   privilege::read_trees_only(given);
                 }
               }));
  // Of a recording's host only the recording tells, or a tree that is given.
  if (apart) {
    WAKEPATH_TRY(declared, read_declared_apart(root.path()));
  } else if (arguments.file.empty() || arguments.root) {
    declared = read_declared(is_this_host(given) ? "" : root.path());
  }
  if (arguments.file.empty() || arguments.root) {
    declare(declared, input);
    WAKEPATH_CHECK(check_root(given.empty() ? "/" : given, declared));
  }
  if (!root.problem().empty()) {
    console.say(root.problem());
  }
  const auto with_problem = [&](ExitCode code) {
    return root.problem().empty() ? code : more_severe(code, ExitCode::bad_input);
  };
  if (!arguments.file.empty()) {
    WAKEPATH_TRY(const ExitCode code, audit_recording(arguments, std::move(files), input, console));
    return with_problem(code);
  }
  WAKEPATH_CHECK(check_vm(arguments.vm, names_of(declared.settings.threads.vms)));
  WAKEPATH_CHECK(check_isolated(arguments.isolated, declared.settings.possible));
  WAKEPATH_TRY(const ExitCode code, audit_host(arguments, line, input, console));
  return with_problem(code);
}

}  // namespace wakepath::cli
