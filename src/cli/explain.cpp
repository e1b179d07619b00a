// SPDX-License-Identifier: GPL-2.0-or-later
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "analysis/moment.hpp"
#include "analysis/total_kind.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/notices_only.hpp"
#include "cli/reading.hpp"
#include "cli/result_view.hpp"
#include "cli/setting_nodes.hpp"
#include "cli/vm_check.hpp"
#include "findings/diagnosis.hpp"
#include "present/renderer.hpp"

namespace wakepath::cli {

namespace {

// Keeps the wake that was asked for, of all that pass.
class WakeFinder final : public NoticesOnly {
 public:
  WakeFinder(const ExplainArguments& arguments, Console& console)
      : NoticesOnly(console), arguments_(arguments) {}

  Result<void> header(const Header& header) override {
    if (arguments_.at) {
      WAKEPATH_TRY(at_, analysis::resolve(*arguments_.at, header));
    }
    return NoticesOnly::header(header);
  }
  Result<void> wake(const WakeChain& chain) override {
    if (is_better(chain)) {
      found_ = chain;
    }
    return {};
  }
  Result<void> summary(const Summary& summary) override {
    summary_ = summary;
    return {};
  }

  [[nodiscard]] Result<findings::Explanation> take() {
    if (untimed()) {
      return fail(ErrorKind::usage, "the trace has no times: nothing in it is slow or fast");
    }
    if (!found_) {
      return fail(
          ErrorKind::usage,
          arguments_.wake != 0 ? fmt::format("no wake {}", arguments_.wake)
          : arguments_.at      ? fmt::format("no wake was on its way at {}", arguments_.at->text)
                               : std::string("no wake has a total"),
          fmt::format("wakepath replay FILE lists the slowest of {} wakes", summary_.wakes));
    }
    findings::Explanation out;
    out.wake = *std::move(found_);
    out.usual = findings::usual_of(out.wake, summary_.latency);
    out.diagnosis = findings::diagnose(out.wake, out.usual);
    for (std::size_t i = 0; i < summary_.slowest.size(); ++i) {
      out.rank =
          summary_.slowest[i].id == out.wake.id ? std::optional<std::uint64_t>(i + 1) : out.rank;
    }
    for (const SpreadRow& row : summary_.spread) {
      out.of_wakes += row.count;
    }
    return out;
  }

 private:
  // Of several the longest, and of those the first.
  [[nodiscard]] bool is_better(const WakeChain& chain) const {
    if (arguments_.wake != 0) {
      return chain.id == arguments_.wake;
    }
    const bool asked = at_ ? was_then(chain, *at_) : analysis::total_kind(chain).has_value();
    return asked && (!found_ || chain.total_ns() > found_->total_ns());
  }

  [[nodiscard]] static bool was_then(const WakeChain& chain, const analysis::StreamMoment& at) {
    const auto offset_ns =
        chain.realtime_ns ? std::optional(*chain.realtime_ns - chain.begin_ns) : std::nullopt;
    return at.comparable(chain.begin_ns, offset_ns) <= at.end_ns &&
           at.comparable(chain.end_ns, offset_ns) >= at.begin_ns;
  }

  const ExplainArguments& arguments_;
  std::optional<analysis::StreamMoment> at_;
  std::optional<WakeChain> found_;
  Summary summary_;
};

}  // namespace

Result<ExitCode> explain(const ExplainArguments& arguments, Console& console) {
  const Interrupt interrupt(Interrupt::soon());
  WAKEPATH_TRY(const auto source, open_to_print(arguments.file, arguments.kallsyms, interrupt));
  WakeFinder finder(arguments, console);
  PipelineOptions options;
  options.selection = arguments.selection;
  options.interval_ns = 0;
  options.memory_bytes = arguments.memory;
  options.stopped = [&interrupt] { return interrupt.asked(); };
  Pipeline pipeline(options, finder);
  Settings settings;
  SettingsTap tap(pipeline, settings, kNodeFiles);
  WAKEPATH_TRY(const ExitCode code, read_to_end(*source, tap, arguments.file, interrupt, console));
  WAKEPATH_TRY(const Summary summary, finish_whole(pipeline, *source, interrupt));
  WAKEPATH_CHECK(check_vms(arguments.selection, pipeline.vms(), pipeline.vcpus(), false));
  WAKEPATH_CHECK(check_vcpus(arguments.selection, pipeline.vcpus()));
  WAKEPATH_TRY(findings::Explanation explanation, finder.take());
  if (std::string crossed = findings::crossed_nodes(explanation.wake, nodes_of(settings));
      !crossed.empty()) {
    explanation.diagnosis.remarks.push_back(std::move(crossed));
  }
  present::RenderOptions shown;
  shown.source = source->is_recording() ? "dump" : "import";
  shown.text.width = console.columns();
  shown.text.color = is_colored(arguments.color, console);
  const auto renderer =
      present::make_renderer(arguments.format, shown, console.out(), console.err());
  WAKEPATH_CHECK(renderer->explanation(explanation));
  return more_severe(code, code_of_records(summary));
}

}  // namespace wakepath::cli
