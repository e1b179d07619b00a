// SPDX-License-Identifier: GPL-2.0-or-later
// The command line as plain data, one struct a subcommand. CLI11 is seen by the files of the
// options alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "audit/audit.hpp"
#include "capture/event_set.hpp"
#include "cli/memory_limit.hpp"
#include "export/exporter.hpp"
#include "guest/guest.hpp"
#include "interrupts/irq_move.hpp"
#include "interrupts/irq_rows.hpp"
#include "present/format.hpp"
#include "util/cpu_set.hpp"
#include "wakepath/live.hpp"
#include "wakepath/pipeline.hpp"

namespace wakepath::cli {

using present::Format;

// The way that events are captured. `any`: the first of the two that works on this host.
using Backend = LiveBackend;

// What is captured, and for how long.
struct CaptureArguments {
  std::optional<guest::Options> guest;
  std::optional<std::chrono::nanoseconds> duration;
  capture::EventSet events;
  std::optional<std::size_t> ring_bytes;
  std::chrono::nanoseconds poll{std::chrono::milliseconds(20)};
  bool stats{false};
  bool without_kvm{false};  // start also where KVM is not there, or not yet
  Backend backend{Backend::any};
  bool host_files{false};  // the host's settings are to be in the stream
};

enum class Color : std::uint8_t { automatic, always, never };

// Which wakes are shown, how, and what is judged. live and replay share it and print the same.
struct ViewArguments {
  PipelineOptions pipeline;
  std::string input;  // the file that hints name; empty: there is none
  Format format{Format::table};
  bool wakes{false};
  std::size_t top{20};
  std::vector<std::string> fail_on;
  bool histogram{false};  // each step of it
  bool explain{false};    // unusual wakes, as they come
  bool verbose{false};
  Color color{Color::automatic};
  bool heat_map{false};
  bool ascii{false};
};

// A recorder that keeps the time around slow wakes alone.
struct RecorderArguments {
  std::vector<std::string> on;  // what it waits for; empty: there is none
  std::chrono::nanoseconds before{std::chrono::seconds(2)};
  std::chrono::nanoseconds after{std::chrono::milliseconds(500)};
  std::chrono::nanoseconds every{0};
  std::size_t max_files{20};
  std::uint64_t max_bytes{std::uint64_t{1} << 30U};
  std::uint64_t memory{std::uint64_t{256} << 20U};
  std::string exec;  // empty: none
};

struct LiveArguments {
  CaptureArguments capture;
  bool plain{false};  // no screen, also on a terminal
  ViewArguments view;
  RecorderArguments recorder;
  std::string save;   // empty: nothing is saved; a directory for the recorder
  bool force{false};  // it may replace what is there
};

struct RecordArguments {
  CaptureArguments capture;
  RecorderArguments recorder;
  std::string file;   // "-": standard output; a directory for the recorder
  bool force{false};  // it may replace what is there
};

struct ReplayArguments {
  ViewArguments view;
  std::string budget;    // empty: none
  bool screen{false};    // a walk through it in time
  std::string save;      // where it saves wakes: a directory; empty: nowhere
  std::string file;      // a recording, or a foreign trace
  std::string kallsyms;  // empty: none
  std::uint64_t memory{kDefaultMemory};
};

struct ExplainArguments {
  std::string file;
  std::string kallsyms;  // empty: none
  std::uint64_t memory{kDefaultMemory};
  Selection selection;
  std::uint64_t wake{0};     // 0: not by its number
  std::optional<Moment> at;  // neither: the slowest
  bool worst{false};         // the slowest, as it is without
  Color color{Color::automatic};
  Format format{Format::table};
};

struct AdviseArguments {
  std::string file;                                             // empty: this host
  std::chrono::nanoseconds duration{std::chrono::seconds(10)};  // of a capture here
  std::optional<guest::Options> guest;
  std::string kallsyms;  // empty: none
  std::uint64_t memory{kDefaultMemory};
  Selection selection;
  Color color{Color::automatic};
  Format format{Format::table};
};

struct CompareArguments {
  std::vector<std::string> before, after;
  std::uint64_t memory{kDefaultMemory};
  Selection selection;
  std::uint64_t target_ns{0};        // 0: none
  std::vector<std::string> fail_on;  // "p99(total) > +10%"
  std::uint64_t seed{1};
  std::uint64_t resamples{2000};
  Color color{Color::automatic};
  Format format{Format::table};
};

struct ImportArguments {
  std::string file;
  std::string output;    // empty: none; "-": standard output
  bool force{false};     // it may replace what is there
  std::string kallsyms;  // empty: none
  bool anonymize{false};
  bool outline{false};
  std::uint64_t wake{0};         // of the outline, from 1; 0: all
  Format format{Format::table};  // of the outline
  std::uint64_t memory{kDefaultMemory};
};

struct ExportArguments {
  std::string file;
  std::string output;  // empty: none; "-": standard output
  bool force{false};   // it may replace what is there
  exports::Format format{};
  Selection selection;
  std::uint64_t around_ns{0};  // 0: nothing around the wake
  std::uint64_t target_ns{0};  // 0: none
  bool compress{false};        // perfetto
  std::string kallsyms;        // empty: none
  std::uint64_t memory{kDefaultMemory};
};

struct ReportArguments {
  std::string before;  // what it is compared with; empty: nothing
  std::string file;
  std::string output;  // empty: FILE's name with .html; "-": standard output
  bool force{false};   // it may replace what is there
  Selection selection;
  std::uint64_t target_ns{0};  // 0: none
  std::size_t worst{20};       // wakes that are shown whole
  std::string kallsyms;        // empty: none
  std::uint64_t memory{kDefaultMemory};
};

struct InfoArguments {
  Format format{Format::table};
  bool what_is_inside{false};
  std::uint64_t memory{kDefaultMemory};
  std::string file;
};

struct IrqsArguments {
  std::string root{"/"};
  std::string pci_ids;   // empty: this system's
  std::string snapshot;  // the file to write; nothing is shown then; "-": standard output
  bool force{false};     // it may replace what is there
  interrupts::IrqSelection selection;
  interrupts::IrqOrder order{interrupts::IrqOrder::number};
  bool all{false};
  bool watch{false};
  bool plain{false};  // no screen
  std::chrono::nanoseconds interval{std::chrono::seconds(1)};
  std::optional<std::chrono::nanoseconds> duration;
  Format format{Format::table};
};

struct AuditArguments {
  std::string file;  // empty: this host, or the tree
  std::optional<std::string> root;
  // 0: nothing is observed; nullopt, of a watch: until it is ended.
  std::optional<std::chrono::nanoseconds> duration{std::chrono::seconds(10)};
  bool watch{false};
  bool plain{false};  // no screen
  std::chrono::nanoseconds interval{std::chrono::seconds(2)};
  CpuSet isolated;
  std::string vm;  // empty: all
  std::optional<Severity> fail_at{Severity::warning};
  std::uint64_t memory{kDefaultMemory};
  bool all{false};
  Format format{Format::table};
};

struct IrqMoveArguments {
  std::string root{"/"};
  interrupts::MoveWanted wanted;
  std::chrono::nanoseconds wait{std::chrono::seconds(3)};  // 0: not at all
  bool dry_run{false};
  Format format{Format::table};
};

struct DoctorArguments {
  Format format{Format::table};
  capture::EventSet events;
};

// --help, --version: `text` is the result.
struct TextOnly {
  std::string text;
};

using Command = std::variant<TextOnly, LiveArguments, RecordArguments, ReplayArguments,
                             ExplainArguments, AdviseArguments, CompareArguments, ImportArguments,
                             ExportArguments, ReportArguments, InfoArguments, IrqsArguments,
                             IrqMoveArguments, AuditArguments, DoctorArguments>;

// Error: usage. `line` is the command line as it was given, which a recording keeps.
struct Arguments {
  Command command;
  std::string line;
  bool progress{false};  // lines of it are wanted, for a log
};
Result<Arguments> parse_arguments(int argc, const char* const* argv);

}  // namespace wakepath::cli
