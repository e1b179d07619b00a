// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "analysis/effect_sample.hpp"
#include "analysis/poll_model.hpp"
#include "cli/capture_run.hpp"
#include "cli/commands.hpp"
#include "cli/free_cpus.hpp"
#include "cli/interrupt.hpp"
#include "cli/notices_only.hpp"
#include "cli/reading.hpp"
#include "cli/result_view.hpp"
#include "cli/setting_tap.hpp"
#include "cli/vm_check.hpp"
#include "findings/blame_advice.hpp"
#include "findings/culprit.hpp"
#include "findings/setting_advice.hpp"
#include "present/renderer.hpp"
#include "privilege/command_rights.hpp"
#include "util/shell_word.hpp"

namespace wakepath::cli {

namespace {

std::optional<std::uint64_t> number_in(const Settings& settings, std::string_view parameter) {
  const auto found = settings.find(fmt::format("sys/module/kvm/parameters/{}", parameter));
  if (found == settings.end()) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end != text.data() ? std::optional(value) : std::nullopt;
}

// "6.12.5-arm64" is at least 6.12.
bool is_at_least(const std::string& kernel, unsigned major, unsigned minor) {
  unsigned found_major = 0;
  unsigned found_minor = 0;
  const char* const end = kernel.data() + kernel.size();
  const auto first = std::from_chars(kernel.data(), end, found_major);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.') {
    return false;
  }
  std::from_chars(first.ptr + 1, end, found_minor);
  return std::pair(found_major, found_minor) >= std::pair(major, minor);
}

// The advice on idle states has all of these already.
std::vector<BlameGroup> without_idle(std::vector<BlameGroup> blame) {
  for (BlameGroup& group : blame) {
    std::erase_if(group.rows, [](const BlameRow& row) { return row.kind == BlameKind::idle_exit; });
  }
  return blame;
}

// The settings stand in the stream before the wakes, so the model begins with the first of these.
class Adviser final : public NoticesOnly {
 public:
  Adviser(const Settings& settings, const Selection& selection, Console& console)
      : NoticesOnly(console), settings_(settings), guest_cpus_(selection) {}

  Result<void> header(const Header& header) override {
    header_ = header;
    if (header.trace && header.trace->untimed) {
      return fail(ErrorKind::usage, "the trace has no times: there is nothing to give advice by");
    }
    sample_.begin(header.begin_ns.value_or(0));
    return {};
  }
  Result<void> wake(const WakeChain& chain) override {
    sample_.add(chain);
    guest_cpus_.see(chain);
    if (!model_) {
      analysis::PollSettings settings;
      settings.shrink = is_at_least(header_.kernel, 6, 12) ? 2 : 0;
      settings.grow = number_in(settings_, "halt_poll_ns_grow").value_or(settings.grow);
      settings.grow_start_ns =
          number_in(settings_, "halt_poll_ns_grow_start").value_or(settings.grow_start_ns);
      settings.shrink = number_in(settings_, "halt_poll_ns_shrink").value_or(settings.shrink);
      report_.settings = settings;
      model_.emplace(settings, header_.begin_ns.value_or(0));
    }
    model_->add(chain);
    return {};
  }
  Result<void> summary(const Summary& summary) override {
    report_.duration_ns = summary.duration_ns;
    report_.halt_poll_ns = number_in(settings_, "halt_poll_ns");
    if (model_) {
      report_.polls = model_->advice();
    }
    const auto sure_of = [this](const BlameRow& row, Effect& effect) {
      const analysis::ChangeIntervals change = sample_.without(row);
      effect.p50_change = change.p50;
      effect.p99_change = change.p99;
    };
    report_.findings = findings::idle_state_advice(summary.blame, sure_of);
    const CpuSet free = guest_cpus_.free(settings_);
    for (Finding& finding : findings::culprits(without_idle(summary.blame), sure_of)) {
      findings::move_to(finding, free);
      report_.findings.push_back(std::move(finding));
    }
    return {};
  }

  analysis::AdviceReport take() {
    std::vector<std::string>& caveats = report_.caveats;
    caveats.push_back(fmt::format(
        "Halt polling is KVM's own algorithm over the recorded sleeps: grow {}, grow_start {} ns, "
        "shrink {} (by {}).",
        report_.settings.grow, report_.settings.grow_start_ns, report_.settings.shrink,
        settings_.contains("sys/module/kvm/parameters/halt_poll_ns_shrink")
            ? "the recording"
            : "the kernel's version"));
    if (sample_.overran()) {
      caveats.emplace_back(
          "How sure the effects are is not told: there are more than a million wakes.");
    }
    if (std::ranges::any_of(report_.polls, &analysis::PollAdvice::no_intervals)) {
      caveats.emplace_back(
          "How sure the effects of polling are is told of the VMs with the most wakes: there are "
          "too many.");
    }
    const auto was = report_.halt_poll_ns;
    if (!was) {
      caveats.emplace_back(
          "With which halt_poll_ns it was recorded is not known. Where that was not 0, the sleeps "
          "were "
          "longer than they look, and fewer are met: record with 0.");
    } else if (*was != 0) {
      caveats.push_back(
          fmt::format("It was recorded with halt_poll_ns {}: sleeps were up to that much longer "
                      "than they look, and "
                      "fewer are met. Record with 0 for exact figures.",
                      *was));
    }
    caveats.emplace_back(
        "The totals with polling leave out the way through the scheduler and the exit from idle, "
        "which is an estimate. Not foretold: other tasks that become runnable while a vCPU polls "
        "(it stops then), a sibling thread that polling slows, and work that goes elsewhere.");
    return std::move(report_);
  }

 private:
  const Settings& settings_;
  GuestCpus guest_cpus_;
  Header header_;
  std::optional<analysis::PollModel> model_;
  analysis::EffectSample sample_;
  analysis::AdviceReport report_;
};

}  // namespace

namespace {

Result<ExitCode> show_advice(const AdviseArguments& arguments, const Pipeline& pipeline,
                             const Summary& summary, Adviser& adviser, Console& console) {
  const bool live = arguments.file.empty();
  WAKEPATH_CHECK(check_vms(arguments.selection, pipeline.vms(), pipeline.vcpus(), live));
  if (summary.wakes == 0) {
    return fail(ErrorKind::usage, "there are no wakes to give advice by",
                live ? std::string("wakepath live says why")
                     : fmt::format("wakepath replay {} says why", file_word(arguments.file)));
  }
  present::RenderOptions shown;
  shown.text.width = console.columns();
  shown.text.color = is_colored(arguments.color, console);
  const auto renderer =
      present::make_renderer(arguments.format, shown, console.out(), console.err());
  WAKEPATH_CHECK(renderer->advice(adviser.take()));
  return ExitCode::ok;
}

PipelineOptions options_of(const AdviseArguments& arguments) {
  PipelineOptions options;
  options.selection = arguments.selection;
  options.interval_ns = 0;
  options.memory_bytes = arguments.memory;
  return options;
}

// Of this host, as long as it is asked for.
Result<ExitCode> advise_here(const AdviseArguments& arguments, const std::string& line,
                             Console& console) {
  CaptureArguments capture;
  capture.duration = arguments.duration;
  capture.events = capture::EventSet::production();
  capture.guest = arguments.guest;
  capture.host_files = true;
  WAKEPATH_TRY(auto run, CaptureRun::open(capture, line, console));
  privilege::capture_only(capture.guest.has_value());
  Settings settings;
  Adviser adviser(settings, arguments.selection, console);
  Pipeline pipeline(options_of(arguments), adviser);
  SettingsTap tap(pipeline, settings);
  CaptureProgress progress(console, arguments.duration);
  WAKEPATH_CHECK(run.run(tap, [&progress] {
    progress.tick();
    return Result<bool>(true);
  }));
  WAKEPATH_TRY(const Summary summary, pipeline.finish());
  return show_advice(arguments, pipeline, summary, adviser, console);
}

}  // namespace

Result<ExitCode> advise(const AdviseArguments& arguments, const std::string& line,
                        Console& console) {
  if (arguments.file.empty()) {
    return advise_here(arguments, line, console);
  }
  const Interrupt interrupt(Interrupt::soon());
  WAKEPATH_TRY(const auto source, open_to_print(arguments.file, arguments.kallsyms, interrupt));
  Settings settings;
  Adviser adviser(settings, arguments.selection, console);
  PipelineOptions options = options_of(arguments);
  options.stopped = [&interrupt] { return interrupt.asked(); };
  Pipeline pipeline(options, adviser);
  SettingsTap tap(pipeline, settings);
  WAKEPATH_TRY(const ExitCode code, read_to_end(*source, tap, arguments.file, interrupt, console));
  WAKEPATH_TRY(const Summary summary, finish_whole(pipeline, *source, interrupt));
  WAKEPATH_TRY(const ExitCode done, show_advice(arguments, pipeline, summary, adviser, console));
  return more_severe(more_severe(code, done), code_of_records(summary));
}

}  // namespace wakepath::cli
