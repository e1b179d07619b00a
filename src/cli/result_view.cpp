// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/result_view.hpp"

#include "cli/vm_check.hpp"

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
                          selection.min_latency_ns != 0;
  return present::make_renderer(arguments.format, options, console.out(), console.err());
}

}  // namespace

ResultView::ResultView(const ViewArguments& arguments, const std::string& source, Console& console)
    : arguments_(arguments),
      live_(source == "live"),
      console_(console),
      renderer_(make_renderer(arguments, source, console)),
      pipeline_(std::make_unique<Pipeline>(pipeline_options(arguments), *renderer_)) {}

RecordSink& ResultView::records() { return *pipeline_; }

bool ResultView::abandoned() const { return console_.out().closed() && arguments_.fail_on.empty(); }

Result<void> ResultView::check_vms() const {
  return cli::check_vms(arguments_.pipeline.selection, pipeline_->vms(), pipeline_->vcpus(), live_);
}

Result<void> ResultView::check_selection() const {
  WAKEPATH_CHECK(check_vms());
  return cli::check_vcpus(arguments_.pipeline.selection, pipeline_->vcpus());
}

Result<ExitCode> ResultView::finish(Partial partial, std::optional<InputPart> part) {
  WAKEPATH_TRY(const Summary summary, pipeline_->finish(partial, part));
  WAKEPATH_CHECK(console_.out().flush());
  ExitCode code = ExitCode::ok;
  for (const VerdictResult& verdict : summary.verdicts) {
    // Where a message can't be written there is nobody to tell.
    static_cast<void>(renderer_->verdict(verdict));
    // A verdict that is not judged has not passed.
    code = verdict.passed() ? code : ExitCode::verdict_failed;
  }
  return code;
}

}  // namespace wakepath::cli
