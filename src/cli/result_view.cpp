// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/result_view.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "cli/vm_check.hpp"
#include "util/count_text.hpp"

namespace wakepath::cli {

namespace {

PipelineOptions pipeline_options(const ViewArguments& arguments) {
  PipelineOptions options = arguments.pipeline;
  options.fail_on = arguments.fail_on;
  return options;
}

std::unique_ptr<present::Renderer> make_renderer(const ViewArguments& arguments,
                                                 const std::string& source, Console& console) {
  const Selection& selection = arguments.pipeline.selection;
  present::RenderOptions options;
  options.source = source;
  options.wakes = arguments.wakes ? present::WakeView::steps : present::WakeView::tables;
  options.text.top = arguments.top;
  options.text.filtered = !selection.vms.empty() || !selection.vcpus.empty() ||
                          !selection.tids.empty() || !selection.cpus.empty() ||
                          selection.min_latency_ns != 0 || selection.wake != 0 ||
                          selection.breach || selection.since || selection.until;
  options.text.page = !arguments.wakes;
  options.text.width = console.columns();
  options.text.fit = console.is_terminal() ? console.columns() : 0;
  options.text.color = is_colored(arguments.color, console);
  options.text.histogram = arguments.histogram;
  options.text.heat_map = arguments.heat_map;
  options.text.ascii = arguments.ascii || console.is_ascii();
  options.text.verbose = arguments.verbose;
  options.text.by = arguments.pipeline.by;
  options.text.input = arguments.input;
  options.one_wake = selection.wake != 0;
  options.worst = arguments.pipeline.worst != 0;
  return present::make_renderer(arguments.format, options, console.out(), console.err());
}

}  // namespace

// https://no-color.org: any value but an empty one.
bool is_colored(Color color, const Console& console) {
  const char* const no_color = std::getenv("NO_COLOR");
  return color == Color::always || (color == Color::automatic && console.is_terminal() &&
                                    (no_color == nullptr || *no_color == '\0'));
}

ResultView::ResultView(const ViewArguments& arguments, const std::string& source, Console& console,
                       screen::Model* model)
    : arguments_(arguments),
      live_(source == "live"),
      console_(console),
      renderer_(make_renderer(arguments, source, console)) {
  const PipelineOptions options = pipeline_options(arguments);
  Sink* to = renderer_.get();
  if (model != nullptr) {
    screen_ = std::make_unique<ScreenSink>(*model, *renderer_);
    to = screen_.get();
  } else if (arguments.explain) {
    const bool slow_only = options.selection.min_latency_ns != 0 || options.selection.wake != 0 ||
                           options.selection.breach;
    to = &unusual_.emplace(*renderer_, UnusualOptions{options.target_ns, slow_only});
  }
  pipeline_ = std::make_unique<Pipeline>(options, *to);
}

RecordSink& ResultView::records() { return *pipeline_; }

bool ResultView::abandoned() const {
  return console_.out().closed() && arguments_.fail_on.empty() &&
         arguments_.pipeline.budget.empty();
}

Result<void> ResultView::check_vms() const {
  return cli::check_vms(arguments_.pipeline.selection, pipeline_->vms(), pipeline_->vcpus(), live_);
}

Result<void> ResultView::check_selection() const {
  WAKEPATH_CHECK(check_vms());
  WAKEPATH_CHECK(check_wake(arguments_.pipeline.selection.wake, pipeline_->wakes()));
  if (arguments_.pipeline.selection.breach && !pipeline_->has_trigger()) {
    return fail(ErrorKind::usage, "--breach: no recorder made this, so it waited for no wake",
                "leave it out; or make one with wakepath record --on 'total > 200us' -o DIR");
  }
  return cli::check_vcpus(arguments_.pipeline.selection, pipeline_->vcpus());
}

Result<ExitCode> ResultView::finish(Partial partial, std::optional<InputPart> part) {
  WAKEPATH_TRY(const Summary summary, pipeline_->finish(partial, part));
  partial_ = summary.partial;
  unreadable_ = summary.unreadable;
  duplicates_ = summary.duplicates;
  WAKEPATH_CHECK(console_.out().flush());
  if (live_ && pipeline_->wakes() == 0 && arguments_.format == Format::table) {
    console_.say("no wakes: `wakepath doctor` says what this host can show, and what its vCPUs do");
  }
  ExitCode code = ExitCode::ok;
  for (const VerdictResult& verdict : summary.verdicts) {
    // Where a message can't be written there is nobody to tell.
    static_cast<void>(renderer_->verdict(verdict));
    // A verdict that is not judged has not passed.
    code = verdict.passed() ? code : ExitCode::verdict_failed;
  }
  return code;
}

std::string ResultView::record_damage() const {
  std::string text;
  if (unreadable_ != 0) {
    text = count_text(unreadable_, "record") + " not readable";
  }
  if (duplicates_ != 0) {
    text +=
        fmt::format("{}{} there twice", text.empty() ? "" : ", ", count_text(duplicates_, "event"));
  }
  return text.empty() ? "" : "damaged: " + text;
}

}  // namespace wakepath::cli
