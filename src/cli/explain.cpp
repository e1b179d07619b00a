// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "analysis/moment.hpp"
#include "analysis/total_kind.hpp"
#include "cli/commands.hpp"
#include "cli/free_cpus.hpp"
#include "cli/interrupt.hpp"
#include "cli/notices_only.hpp"
#include "cli/reading.hpp"
#include "cli/result_view.hpp"
#include "cli/setting_nodes.hpp"
#include "cli/vm_check.hpp"
#include "findings/blame_advice.hpp"
#include "findings/diagnosis.hpp"
#include "present/renderer.hpp"
#include "util/duration.hpp"
#include "util/shell_word.hpp"

namespace wakepath::cli {

namespace {

// From the first wake's begin to the last one's end.
struct SeenSpan {
  std::uint64_t begin_ns{};  // of the capture
  std::optional<std::uint64_t> first_ns, last_ns, first_realtime_ns;

  void see(const WakeChain& chain) {
    if (!first_ns || chain.begin_ns < *first_ns) {
      first_ns = chain.begin_ns;
      first_realtime_ns = chain.realtime_ns;
    }
    last_ns = std::max(last_ns.value_or(0), chain.end_ns);
  }
  // Of those that pass, in both forms in which a moment is given.
  [[nodiscard]] std::string text() const {
    if (!first_ns) {
      return "no wake passes --vm and --vcpu";
    }
    const auto offset = [this](std::uint64_t ns) {
      return format_duration(ns - std::min(ns, begin_ns));
    };
    std::string text =
        fmt::format("there are wakes from {} to {}", offset(*first_ns), offset(*last_ns));
    if (first_realtime_ns) {
      text += fmt::format(", which is {} to {} UTC", analysis::time_of_day(*first_realtime_ns),
                          analysis::time_of_day(*first_realtime_ns + (*last_ns - *first_ns)));
    }
    return text;
  }
};

// Keeps the wake that was asked for, of all that pass.
class WakeFinder final : public NoticesOnly {
 public:
  WakeFinder(const ExplainArguments& arguments, Console& console)
      : NoticesOnly(console), arguments_(arguments), guest_cpus_(arguments.selection) {}

  Result<void> header(const Header& header) override {
    span_.begin_ns = header.begin_ns.value_or(0);
    if (arguments_.at) {
      WAKEPATH_TRY(at_, analysis::resolve(*arguments_.at, header));
    }
    return NoticesOnly::header(header);
  }
  Result<void> wake(const WakeChain& chain) override {
    guest_cpus_.see(chain);
    span_.see(chain);
    if (is_better(chain)) {
      found_ = chain;
    }
    return {};
  }
  Result<void> summary(const Summary& summary) override {
    summary_ = summary;
    return {};
  }

  [[nodiscard]] const GuestCpus& guest_cpus() const { return guest_cpus_; }

  // `wakes`: of the whole input, whichever were asked for.
  [[nodiscard]] Result<findings::Explanation> take(std::uint64_t wakes) {
    if (untimed()) {
      return fail(ErrorKind::usage, "the trace has no times: nothing in it is slow or fast");
    }
    if (!found_) {
      return none(wakes);
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
  [[nodiscard]] tl::unexpected<Error> none(std::uint64_t wakes) const {
    const std::string replay = "wakepath replay " + file_word(arguments_.file);
    if (wakes == 0) {
      return fail(ErrorKind::usage, "there are no wakes", replay + " says why");
    }
    if (const auto known = check_wake(arguments_.wake, wakes); !known) {
      return tl::unexpected(known.error());
    }
    if (arguments_.wake != 0) {
      return fail(ErrorKind::usage, fmt::format("wake {} is of another vCPU", arguments_.wake),
                  "leave out --vm and --vcpu");
    }
    if (arguments_.at) {
      return fail(ErrorKind::usage,
                  fmt::format("no wake was on its way at {}", arguments_.at->text), span_.text());
    }
    return fail(ErrorKind::usage, "no wake has a total", replay + " says what they lack");
  }

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
  GuestCpus guest_cpus_;
  SeenSpan span_;
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
  SettingsTap tap(pipeline, settings, kSysFiles);
  WAKEPATH_TRY(const ExitCode code, read_to_end(*source, tap, arguments.file, interrupt, console));
  WAKEPATH_TRY(const Summary summary, finish_whole(pipeline, *source, interrupt));
  WAKEPATH_CHECK(check_vms(arguments.selection, pipeline.vms(), pipeline.vcpus(), false));
  WAKEPATH_CHECK(check_vcpus(arguments.selection, pipeline.vcpus()));
  WAKEPATH_TRY(findings::Explanation explanation, finder.take(pipeline.wakes()));
  const CpuSet free = finder.guest_cpus().free(settings);
  for (findings::Cause& cause : explanation.diagnosis.causes) {
    findings::move_to(cause.finding, free);
  }
  if (std::string crossed = findings::crossed_nodes(explanation.wake, nodes_of(settings));
      !crossed.empty()) {
    explanation.diagnosis.remarks.push_back(std::move(crossed));
  }
  present::RenderOptions shown;
  shown.source = source->is_recording() ? "dump" : "import";
  shown.text.width = console.columns();
  shown.text.input = arguments.file;
  shown.text.color = is_colored(arguments.color, console);
  const auto renderer =
      present::make_renderer(arguments.format, shown, console.out(), console.err());
  WAKEPATH_CHECK(renderer->explanation(explanation));
  return more_severe(code, code_of_records(summary));
}

}  // namespace wakepath::cli
