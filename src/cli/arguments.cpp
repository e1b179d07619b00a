// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/arguments.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "cli/options.hpp"
#include "cli/size.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::cli {

namespace {

Result<guest::Workload> parse_workload(const std::string& text) {
  if (const auto workload = guest::workload_from(text)) {
    return *workload;
  }
  return fail(ErrorKind::usage, "no workload '" + escape_terminal(text) + "'",
              "timer, kworker, irqfd, device, signal, lpi or ipi");
}

Result<std::size_t> parse_ring(const std::string& text) {
  auto bytes = parse_size(text);
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (bytes && (!std::has_single_bit(*bytes) || *bytes < page)) {
    return fail(ErrorKind::usage, "a ring can't have " + escape_terminal(text) + " bytes",
                fmt::format("a power of two, {} at least: 64K, 1M", page));
  }
  return bytes;
}

// What only becomes whole when all options are known.
struct Pending {
  guest::Options guest;
  bool guest_wanted{false};
  bool exits{false};
  std::string events{"default"};
  bool settings{true};
};

void add_settings(CLI::App& app, Pending& pending, const std::string& help) {
  app.add_flag_callback(
      "--no-settings", [&pending] { pending.settings = false; }, help);
}

void add_events(CLI::App& app, std::string& events) {
  app.add_option("--events", events,
                 "default, full, a list NAME,.. or changes +NAME,-NAME (default: default)")
      ->type_name("SET");
}

void add_guest(CLI::App& app, Pending& pending) {
  app.option_defaults()->group("The embedded guest");
  CLI::Option* guest = add_parsed(
      app, "--guest", "KIND", parse_workload,
      [&](guest::Workload value) {
        pending.guest_wanted = true;
        pending.guest.workload = value;
      },
      "Run the embedded guest, woken by: timer, kworker, irqfd, device, signal, lpi or ipi");
  add_parsed(
      app, "--period", "TIME",
      [](const std::string& text) -> Result<std::chrono::nanoseconds> {
        auto period = parse_span(text);
        if (period && (*period < guest::min_period || *period > guest::max_period)) {
          return fail(ErrorKind::usage,
                      "the embedded guest can't have a period of " + escape_terminal(text),
                      "100us to 10s");
        }
        return period;
      },
      [&](auto value) { pending.guest.period = value; },
      "Between two wakes of the embedded guest (default 10ms)")
      ->needs(guest);
  app.add_option(
         "--vcpus", pending.guest.vcpus,
         fmt::format("vCPUs of the embedded guest, 1 to {}; 1 on x86_64 (default 1, of ipi 2)",
                     guest::max_vcpus))
      ->check([](const std::string& text) {
        const bool good = !text.empty() && text.size() <= 2 &&
                          std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }) &&
                          text != "0" && std::stoul(text) <= guest::max_vcpus;
        return good ? std::string{}
                    : fmt::format("the embedded guest has 1 to {} vCPUs", guest::max_vcpus);
      })
      ->type_name("N")
      ->needs(guest);
}

Result<Backend> parse_backend(const std::string& text) {
  if (text == "auto") {
    return Backend::any;
  }
  if (text == "bpf") {
    return Backend::bpf;
  }
  if (text == "tracefs") {
    return Backend::tracefs;
  }
  return fail(ErrorKind::usage, "no backend '" + escape_terminal(text) + "'", "auto, bpf, tracefs");
}

void add_capture(CLI::App& app, CaptureArguments& capture, Pending& pending) {
  app.option_defaults()->group("Capture");
  add_parsed(
      app, "-d,--duration", "TIME", parse_span, [&](auto value) { capture.duration = value; },
      "For so long: 500us, 10ms, 30s, 5m (default: until Ctrl-C)");
  add_events(app, pending.events);
  app.add_flag("--without-kvm", capture.without_kvm,
               "Start also where there is no KVM: events of KVM are left out then");
  app.add_flag("--exits", pending.exits, "Capture guest exits too: why a vCPU left the guest");
  add_parsed(
      app, "--ring-size", "SIZE", parse_ring, [&](auto value) { capture.ring_bytes = value; },
      "Bytes of each CPU's ring, a power of two: 64K, 1M (default: by CPUs)");
  add_parsed(
      app, "--poll", "TIME",
      [](const std::string& text) -> Result<std::chrono::nanoseconds> {
        auto poll = parse_span(text);
        if (poll && *poll > std::chrono::seconds(1)) {
          return fail(ErrorKind::usage,
                      "a poll interval of " + escape_terminal(text) + " is too long", "1s or less");
        }
        return poll;
      },
      [&](auto value) { capture.poll = value; },
      "How often the rings are emptied, 1s at most (default 20ms)");
  add_parsed(
      app, "--backend", "NAME", parse_backend, [&](auto value) { capture.backend = value; },
      "bpf, or tracefs, which kernels without BTF have too; auto: the first that works here "
      "(default auto)");
  app.add_flag("--stats", capture.stats,
               "Measure what each BPF program costs, and say it at the end");
}

Result<void> complete(CaptureArguments& capture, const Pending& pending) {
  if (capture.stats && capture.backend == Backend::tracefs) {
    return fail(ErrorKind::usage, "--stats measures BPF programs: through tracefs there are none");
  }
  auto events = capture::EventSet::parse(pending.events);
  if (!events) {
    return tl::unexpected(events.error());
  }
  capture.events = *events;
  if (pending.exits) {
    capture.events.kinds.set(WP_EVENT_KVM_EXIT);
    capture.events.kinds.set(WP_EVENT_KVM_USERSPACE_EXIT);
  }
  if (pending.guest_wanted) {
    capture.guest = pending.guest;
  }
  return {};
}

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') {
    text.pop_back();
  }
  for (char& c : text) {
    c = c == '\n' ? ' ' : c;
  }
  return text;
}

constexpr const char* kLiveExamples = R"(Examples:
  wakepath live --guest kworker -d 5s            something to see on any machine with KVM
  wakepath live --vm web1 --min-latency 200us --wakes
  wakepath live -d 60s --format ndjson --fail-on 'p99(total) > 200us' > wakes.ndjson)";
constexpr const char* kRecordExamples = R"(Examples:
  wakepath record -d 30s -o host7.wkp
  wakepath record -d 5s --guest timer --exits -o guest.wkp)";
constexpr const char* kReplayExamples = R"(Examples:
  wakepath replay host7.wkp
  wakepath replay host7.wkp --vm web1 --vcpu 0 --wakes
  wakepath replay host7.wkp --format ndjson --fail-on 'p99(wake_delay) > 100us' --fail-on 'lost > 0')";
constexpr const char* kImportExamples = R"(Examples:
  wakepath import trace.txt -o host7.wkp
  ssh host7 cat /sys/kernel/tracing/trace | wakepath import - -o host7.wkp)";
constexpr const char* kInfoExamples = "Example:\n  wakepath info host7.wkp";
constexpr const char* kAuditExamples = R"(Examples:
  wakepath audit                                 ten seconds, and this host's settings
  wakepath audit --for 1m --vm web1 --format ndjson
  wakepath audit --root copy-of-a-host           its settings alone, from /proc and /sys
  wakepath audit slow.wkp                        a recording, and its host's settings)";
constexpr const char* kDoctorExamples = "Example:\n  wakepath doctor --events full";
constexpr const char* kExitCodes =
    R"(Exit codes: 0 done, 1 a --fail-on or an audit failed, 2 wrong usage, 3 this host can't do it, 4 not permitted,
            5 input damaged, 6 output not written, 70 a bug.   See wakepath(1).)";

// Owns what CLI11 writes into while it parses.
class CommandLine {
 public:
  CommandLine() {
    app_.set_version_flag("--version", "wakepath " WAKEPATH_VERSION, "Print the version");
    app_.require_subcommand(1);
    app_.footer(kExitCodes);
    app_.get_formatter()->column_width(26);

    live_ =
        add("live", "Trace the running vCPUs and show where each wake's time goes", kLiveExamples);
    add_guest(*live_, pending_);
    add_capture(*live_, live_arguments_.capture, pending_);
    add_view(*live_, live_arguments_.view);
    live_
        ->add_option("--save", live_arguments_.save,
                     "Write a dump too, which replays to the same output")
        ->type_name("FILE");
    add_settings(*live_, pending_, "Leave this host's settings out of what --save writes");

    record_ = add("record", "Record to a dump, to be replayed here or elsewhere", kRecordExamples);
    record_->add_option("-o,--output", record_arguments_.file, "The dump to write")
        ->type_name("FILE")
        ->required();
    add_guest(*record_, pending_);
    add_capture(*record_, record_arguments_.capture, pending_);
    add_settings(*record_, pending_,
                 "Leave this host's settings out of the dump: audit can't judge them then");

    replay_ = add("replay",
                  "Show and judge what a recording or a foreign trace holds; needs no privilege",
                  kReplayExamples);
    replay_->add_option("FILE", replay_arguments_.file, "The dump, or a trace as import reads it")
        ->required()
        ->type_name("");
    add_view(*replay_, replay_arguments_.view);
    add_kallsyms(*replay_, replay_arguments_.kallsyms);

    import_ =
        add("import", "Make a recording of a trace of ftrace, trace-cmd or perf", kImportExamples);
    add_import(*import_, import_arguments_);

    info_ = add("info", "Say what a dump holds and where it is from", kInfoExamples);
    info_->add_option("FILE", info_arguments_.file, "The dump")->required()->type_name("");
    add_format(*info_, info_arguments_.format,
               "table for people, or ndjson: one JSON object a line");

    irqs_ = add("irqs", "Say which interrupt is which device's, and which CPUs it goes to", "");
    move_ = add_irqs(*irqs_, irqs_arguments_, move_arguments_);

    audit_ = add("audit", "Say what runs, or may run, on CPUs that are kept free for guests",
                 kAuditExamples);
    add_audit(*audit_, audit_arguments_);

    doctor_ =
        add("doctor", "Say what this host can and can't do, and what mends it", kDoctorExamples);
    add_events(*doctor_, pending_.events);
    add_format(*doctor_, doctor_arguments_.format,
               "table for people, or ndjson: one JSON object a line");
  }

  Result<Command> parse(int argc, const char* const* argv) {
    if (auto known = check_name(argc, argv); !known) {
      return tl::unexpected(known.error());
    }
    try {
      app_.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
      return TextOnly{app_.help()};
    } catch (const CLI::CallForVersion& version) {
      return TextOnly{one_line(version.what()) + "\n"};
    } catch (const CLI::ParseError& error) {
      return fail(ErrorKind::usage, one_line(error.what()), chosen() + " --help");
    }
    return finish();
  }

 private:
  CLI::App* add(const std::string& name, const std::string& description, const char* examples) {
    CLI::App* command = app_.add_subcommand(name, description);
    command->footer(examples);
    command->get_formatter()->column_width(26);
    return command;
  }

  [[nodiscard]] std::array<const CLI::App*, 8> commands() const {
    return {live_, record_, replay_, import_, info_, irqs_, audit_, doctor_};
  }

  // CLI11 says of a mistyped subcommand only that one is required.
  Result<void> check_name(int argc, const char* const* argv) const {
    const auto called = [&](const CLI::App* command) { return command->get_name() == argv[1]; };
    if (argc < 2 || argv[1][0] == '-' || std::ranges::any_of(commands(), called)) {
      return {};
    }
    return fail(ErrorKind::usage, "no subcommand '" + escape_terminal(argv[1]) + "'",
                "wakepath --help");
  }

  std::string chosen() const {
    for (const CLI::App* command : commands()) {
      if (command->parsed() || command->count_all() > 0) {
        const bool move = command == irqs_ && (move_->parsed() || move_->count_all() > 0);
        return "wakepath " + command->get_name() + (move ? " move" : "");
      }
    }
    return "wakepath";
  }

  Result<Command> finish_move() const {
    constexpr const char* kHelp = "wakepath irqs move --help";
    for (const CLI::Option* option : irqs_->get_options()) {
      if (option->count() > 0) {
        return fail(ErrorKind::usage, option->get_name() + " stands before 'move'", kHelp);
      }
    }
    if (move_arguments_.wanted.irq.empty() && move_arguments_.wanted.device.empty()) {
      return fail(ErrorKind::usage, "an IRQ or a --device is required", kHelp);
    }
    return Command(move_arguments_);
  }

  Result<Command> finish() {
    if (live_->parsed()) {
      // Why the guest was left is a step of every annotated wake.
      pending_.exits = pending_.exits || live_arguments_.view.wakes;
      live_arguments_.capture.host_files = pending_.settings && !live_arguments_.save.empty();
      return complete(live_arguments_.capture, pending_).map([&]() -> Command {
        return live_arguments_;
      });
    }
    if (record_->parsed()) {
      record_arguments_.capture.host_files = pending_.settings;
      return complete(record_arguments_.capture, pending_).map([&]() -> Command {
        return record_arguments_;
      });
    }
    if (replay_->parsed()) {
      return Command(replay_arguments_);
    }
    if (import_->parsed()) {
      return Command(import_arguments_);
    }
    if (info_->parsed()) {
      return Command(info_arguments_);
    }
    if (move_->parsed()) {
      return finish_move();
    }
    if (irqs_->parsed()) {
      return Command(irqs_arguments_);
    }
    if (audit_->parsed()) {
      return Command(audit_arguments_);
    }
    auto events = capture::EventSet::parse(pending_.events);
    if (!events) {
      return tl::unexpected(events.error());
    }
    doctor_arguments_.events = *events;
    return Command(doctor_arguments_);
  }

  CLI::App app_{
      "Shows for every wake of every vCPU the path from its cause to the guest, and where each "
      "nanosecond went.",
      "wakepath"};
  CLI::App* live_{};
  CLI::App* record_{};
  CLI::App* replay_{};
  CLI::App* import_{};
  CLI::App* info_{};
  CLI::App* irqs_{};
  CLI::App* audit_{};
  CLI::App* move_{};
  CLI::App* doctor_{};
  Pending pending_;
  LiveArguments live_arguments_;
  RecordArguments record_arguments_;
  ReplayArguments replay_arguments_;
  ImportArguments import_arguments_;
  InfoArguments info_arguments_;
  IrqsArguments irqs_arguments_;
  AuditArguments audit_arguments_;
  IrqMoveArguments move_arguments_;
  DoctorArguments doctor_arguments_;
};

}  // namespace

Result<Arguments> parse_arguments(int argc, const char* const* argv) {
  Arguments arguments;
  for (int i = 0; i < argc; ++i) {
    arguments.line +=
        (i == 0 ? "" : " ") + (i == 0 ? std::string("wakepath") : std::string(argv[i]));
  }
  CommandLine line;
  auto command = line.parse(argc, argv);
  if (!command) {
    return tl::unexpected(command.error());
  }
  arguments.command = std::move(*command);
  return arguments;
}

}  // namespace wakepath::cli
