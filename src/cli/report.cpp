// SPDX-License-Identifier: GPL-2.0-or-later
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "analysis/comparison.hpp"
#include "audit/cpu_activity.hpp"
#include "cli/commands.hpp"
#include "cli/declared.hpp"
#include "cli/host_differences.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/reading.hpp"
#include "cli/setting_tap.hpp"
#include "cli/vm_check.hpp"
#include "host/tree_facts.hpp"
#include "import/registry.hpp"
#include "privilege/command_rights.hpp"
#include "privilege/rights.hpp"
#include "report/collector.hpp"
#include "report/page.hpp"
#include "util/count_text.hpp"
#include "util/escape.hpp"
#include "util/output_file.hpp"
#include "wakepath/pipeline.hpp"

namespace wakepath::cli {

namespace {

// What is for a person is said too.
class ReportSink final : public Sink {
 public:
  // `compared`: gets the wakes too; null: nothing is compared.
  ReportSink(report::Collector& to, analysis::SideCollector* compared, Console& console)
      : to_(to), compared_(compared), console_(console) {}

  Result<void> header(const Header& header) override {
    if (compared_ != nullptr) {
      WAKEPATH_CHECK(compared_->header(header));
    }
    return to_.header(header);
  }
  Result<void> wake(const WakeChain& chain) override {
    if (compared_ != nullptr) {
      WAKEPATH_CHECK(compared_->wake(chain));
    }
    return to_.wake(chain);
  }
  Result<void> loss(const Loss& loss) override { return to_.loss(loss); }
  Result<void> notice(const std::string& text) override {
    console_.say(text);
    return to_.notice(text);
  }
  Result<void> summary(const Summary& summary) override {
    if (compared_ != nullptr) {
      WAKEPATH_CHECK(compared_->summary(summary));
    }
    return to_.summary(summary);
  }

 private:
  report::Collector& to_;
  analysis::SideCollector* compared_;
  Console& console_;
};

// What ran on the CPUs is counted for the audit too. A recording tells its host's settings after
// its first events, so it is not known by then whether they come.
class Watchers final : public analysis::StreamObserver {
 public:
  // `audits`: the input is one that may hold settings.
  Watchers(analysis::StreamObserver& lanes, bool audits) : lanes_(lanes), audits_(audits) {}

  void begin(const reconstruct::FactStore& facts) override {
    lanes_.begin(facts);
    activity_.begin(facts);
  }
  void loss(const order::LossInterval& loss) override {
    lanes_.loss(loss);
    if (audits_) {
      activity_.loss(loss);
    }
  }
  void event(const Event& event) override {
    lanes_.event(event);
    if (audits_) {
      activity_.event(event);
    }
  }
  void wake(const WakeChain& chain) override {
    if (audits_) {
      activity_.wake(chain);
    }
  }

  [[nodiscard]] const audit::CpuActivity& activity() const { return activity_; }

 private:
  analysis::StreamObserver& lanes_;
  audit::CpuActivity activity_;
  bool audits_;
};

std::string name_of_output(const ReportArguments& arguments) {
  if (!arguments.output.empty()) {
    return arguments.output;
  }
  const std::string& file = arguments.file;
  const std::string base = file.substr(file.find_last_of('/') + 1);
  const std::size_t dot = base.find_last_of('.');
  const std::string stem = dot == std::string::npos || dot == 0 ? base : base.substr(0, dot);
  return file == "-" || stem.empty() ? "report.html" : stem + ".html";
}

// One of the memory's sixteen parts may hold what CPUs did in the last while, and 32 MiB at most.
std::size_t lane_spans(std::uint64_t memory) {
  constexpr std::uint64_t kSpan = 56;
  constexpr std::uint64_t kMost = std::uint64_t{32} << 20U;
  return static_cast<std::size_t>(std::min(memory / 16, kMost) / kSpan);
}

void judge(const Watchers& watchers, const host::TreeFactsReader& records, report::Collected& out) {
  if (records.tree() == nullptr) {
    out.not_audited =
        "the recording does not hold its host's settings (wakepath record keeps them)";
    return;
  }
  if (out.summary.partial == Partial::interrupted || out.summary.events == 0) {
    out.not_audited = out.summary.events == 0 ? "there is no event in the recording"
                                              : "the recording was not read to its end";
    return;
  }
  const Declared declared = read_declared(records.tree()->path());
  audit::AuditInput input;
  declare(declared, input);
  const audit::Observed observed = watchers.activity().observed(out.summary);
  input.observed = &observed;
  out.audit = audit::audit(input);
}

ExitCode code_of(const Summary& summary) {
  for (const VerdictResult& verdict : summary.verdicts) {
    if (!verdict.passed()) {
      return ExitCode::verdict_failed;
    }
  }
  return ExitCode::ok;
}

bool filters(const Selection& selection) {
  return !selection.vms.empty() || !selection.vcpus.empty() || !selection.tids.empty() ||
         !selection.cpus.empty() || selection.min_latency_ns != 0 || selection.breach ||
         selection.since || selection.until;
}

PipelineOptions report_pipeline(const ReportArguments& arguments, const Interrupt& interrupt) {
  PipelineOptions options;
  options.selection = arguments.selection;
  options.interval_ns = 0;
  options.memory_bytes = arguments.memory;
  options.target_ns = arguments.target_ns;
  options.slowest = arguments.worst;
  options.stopped = [&interrupt] { return interrupt.asked(); };
  return options;
}

// One of the two recordings that are compared.
struct ComparedSide {
  analysis::SideCollector collector;
  Settings settings;
};

// The recording before. Errors: as the input's; interrupted.
Result<ExitCode> read_before(const ReportArguments& arguments, InputSource& source,
                             const Interrupt& interrupt, ComparedSide& side, ReadProgress& progress,
                             Console& console) {
  progress.set_file(arguments.before);
  side.collector.begin(arguments.before);
  Pipeline pipeline(report_pipeline(arguments, interrupt), side.collector);
  SettingsTap tap(pipeline, side.settings);
  WAKEPATH_TRY(const ExitCode code,
               read_to_end(source, tap, arguments.before, interrupt, console, &progress));
  WAKEPATH_TRY(const Summary summary, finish_whole(pipeline, source, interrupt));
  for (const std::string& notice : side.collector.take_notices()) {
    console.say(arguments.before + ": " + notice);
  }
  WAKEPATH_CHECK(check_vms(arguments.selection, pipeline.vms(), pipeline.vcpus(), false));
  return more_severe(code, code_of_records(summary));
}

Result<analysis::Comparison> compare_sides(const ReportArguments& arguments, ComparedSide& before,
                                           ComparedSide& after) {
  analysis::CompareOptions options;
  options.target_ns = arguments.target_ns;
  WAKEPATH_TRY(analysis::Comparison comparison,
               analysis::compare(before.collector, after.collector, options));
  add_host_differences(before.settings, after.settings, comparison);
  return comparison;
}

}  // namespace

Result<ExitCode> report(const ReportArguments& arguments, Console& console) {
  const Interrupt interrupt(Interrupt::soon());
  const std::string output = name_of_output(arguments);
  WAKEPATH_TRY(foreign::GivenFiles given,
               foreign::open_given_files(arguments.file, arguments.kallsyms));
  foreign::GivenFiles old;
  if (!arguments.before.empty()) {
    WAKEPATH_TRY(old, foreign::open_given_files(arguments.before));
  }
  // All that is given must be open before our rights go. Nobody may name files where root may.
  WAKEPATH_TRY(
      OutputFile to,
      OutputFile::create(
          {output, arguments.force, {arguments.file, arguments.before, arguments.kallsyms}},
          OutputFile::Kind::whole));
  if (privilege::has_rights()) {
    WAKEPATH_CHECK(to.keep_rights_for_names(privilege::name_files_only));
  }
  std::unique_ptr<InputSource> old_source;
  WAKEPATH_TRY(const auto source, read_given(std::move(given), interrupt, [&]() -> Result<void> {
                 if (!arguments.before.empty()) {
                   WAKEPATH_TRY(old_source,
                                foreign::open_given(std::move(old), interrupt.descriptor()));
                 }
                 return {};
               }));
  std::vector<const InputSource*> sources{source.get()};
  if (old_source) {
    sources.insert(sources.begin(), old_source.get());
  }
  std::optional<ReadProgress> progress(std::in_place, console, arguments.file, std::move(sources));
  ExitCode code = ExitCode::ok;
  ComparedSide before;
  ComparedSide after;
  if (old_source) {
    WAKEPATH_TRY(code, read_before(arguments, *old_source, interrupt, before, *progress, console));
    progress->set_file(arguments.file);
    after.collector.begin(arguments.file);
  }
  report::Collector collector(arguments.worst, lane_spans(arguments.memory));
  ReportSink sink(collector, arguments.before.empty() ? nullptr : &after.collector, console);
  Watchers watchers(collector.lanes(), source->is_recording());
  Pipeline pipeline(report_pipeline(arguments, interrupt), sink, &watchers);
  SettingsTap settings(pipeline, after.settings);
  host::TreeFactsReader records(arguments.before.empty() ? static_cast<RecordSink&>(pipeline)
                                                         : settings);
  WAKEPATH_TRY(const ExitCode read, pump_all(*source, records, interrupt, console, *progress));
  progress.reset();
  code = tell_of_input(*source, arguments.file, more_severe(code, read), console);
  WAKEPATH_TRY(const Summary summary, finish(pipeline, *source, interrupt));
  code = more_severe(code, code_of_records(summary));
  if (code != ExitCode::ok && summary.events == 0) {
    console.say(fmt::format("{} was not written: nothing of {} can be read",
                            escape_terminal(output), escape_terminal(arguments.file)));
    return code;
  }
  // A VM may be named after the place where an interrupted reading stopped.
  if (summary.partial != Partial::interrupted) {
    WAKEPATH_CHECK(check_vms(arguments.selection, pipeline.vms(), pipeline.vcpus(), false));
    WAKEPATH_CHECK(check_vcpus(arguments.selection, pipeline.vcpus()));
  }
  report::Collected collected = collector.take();
  collected.file = arguments.file == "-"
                       ? "standard input"
                       : arguments.file.substr(arguments.file.find_last_of('/') + 1);
  collected.filtered = filters(arguments.selection);
  judge(watchers, records, collected);
  // Of a part that somebody else chose nothing is judged.
  if (!arguments.before.empty() && summary.partial != Partial::interrupted) {
    WAKEPATH_TRY(collected.comparison, compare_sides(arguments, before, after));
  }
  fmt::memory_buffer page;
  report::write_page(collected, page);
  WAKEPATH_CHECK(to.append(std::as_bytes(std::span(page.data(), page.size()))));
  WAKEPATH_CHECK(to.finish());
  console.say(fmt::format(
      "wrote {}: {}, {:.1f} MB{}", output == "-" ? "to standard output" : escape_terminal(output),
      count_text(summary.wakes, "wake"), static_cast<double>(page.size()) / 1e6,
      summary.partial == Partial::interrupted ? "; interrupted: what was read until then" : ""));
  const bool worse = collected.comparison && collected.comparison->is_worse();
  return more_severe(code, worse ? ExitCode::verdict_failed : code_of(summary));
}

}  // namespace wakepath::cli
