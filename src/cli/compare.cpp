// SPDX-License-Identifier: GPL-2.0-or-later
#include <memory>
#include <utility>

#include "analysis/comparison.hpp"
#include "cli/commands.hpp"
#include "cli/host_differences.hpp"
#include "cli/interrupt.hpp"
#include "cli/reading.hpp"
#include "cli/result_view.hpp"
#include "cli/setting_tap.hpp"
#include "cli/vm_check.hpp"
#include "import/registry.hpp"
#include "present/renderer.hpp"
#include "privilege/command_rights.hpp"

namespace wakepath::cli {

namespace {

struct Side {
  analysis::SideCollector collector;
  std::vector<std::unique_ptr<InputSource>> sources;
  Settings settings;  // of the first recording
};

Result<ExitCode> read_side(const std::vector<std::string>& files, const CompareArguments& arguments,
                           const Interrupt& interrupt, Side& side, ReadProgress& progress,
                           Console& console) {
  ExitCode code = ExitCode::ok;
  for (std::size_t i = 0; i < files.size(); ++i) {
    InputSource& source = *side.sources[i];
    side.collector.begin(files[i]);
    progress.set_file(files[i]);
    PipelineOptions options;
    options.selection = arguments.selection;
    options.interval_ns = 0;
    options.memory_bytes = arguments.memory;
    options.stopped = [&interrupt] { return interrupt.asked(); };
    Pipeline pipeline(options, side.collector);
    Settings others;
    SettingsTap tap(pipeline, i == 0 ? side.settings : others);
    WAKEPATH_TRY(const ExitCode read,
                 read_to_end(source, tap, files[i], interrupt, console, &progress));
    code = more_severe(code, read);
    WAKEPATH_TRY(const Summary summary, finish_whole(pipeline, source, interrupt));
    code = more_severe(code, code_of_records(summary));
    for (const std::string& notice : side.collector.take_notices()) {
      console.say(files[i] + ": " + notice);
    }
    WAKEPATH_CHECK(check_vms(arguments.selection, pipeline.vms(), pipeline.vcpus(), false));
  }
  return code;
}

}  // namespace

Result<ExitCode> compare(const CompareArguments& arguments, Console& console) {
  const Interrupt interrupt(Interrupt::soon());
  Side before;
  Side after;
  // All are opened before the rights go.
  std::vector<std::pair<Side*, foreign::GivenFiles>> given;
  for (const auto& [side, files] :
       {std::pair(&before, &arguments.before), std::pair(&after, &arguments.after)}) {
    for (const std::string& file : *files) {
      WAKEPATH_TRY(foreign::GivenFiles one, open_files_to_print(file));
      given.emplace_back(side, std::move(one));
    }
  }
  privilege::read_files_only();
  std::vector<const InputSource*> sources;
  for (auto& [side, files] : given) {
    WAKEPATH_TRY(auto source, foreign::open_given(std::move(files), interrupt.descriptor()));
    sources.push_back(source.get());
    side->sources.push_back(std::move(source));
  }
  privilege::start_no_programs();
  std::optional<ReadProgress> progress(std::in_place, console, std::string(), std::move(sources));
  WAKEPATH_TRY(ExitCode code,
               read_side(arguments.before, arguments, interrupt, before, *progress, console));
  WAKEPATH_TRY(const ExitCode second,
               read_side(arguments.after, arguments, interrupt, after, *progress, console));
  progress.reset();
  code = more_severe(code, second);
  analysis::CompareOptions options;
  options.target_ns = arguments.target_ns;
  options.seed = arguments.seed;
  options.resamples = arguments.resamples;
  options.fail_on = arguments.fail_on;
  WAKEPATH_TRY(analysis::Comparison comparison,
               analysis::compare(before.collector, after.collector, options));
  add_host_differences(before.settings, after.settings, comparison);
  present::RenderOptions shown;
  shown.text.width = console.columns();
  shown.text.color = is_colored(arguments.color, console);
  const auto renderer =
      present::make_renderer(arguments.format, shown, console.out(), console.err());
  WAKEPATH_CHECK(renderer->comparison(comparison));
  // With expressions, these alone say what is a regression.
  bool failed = arguments.fail_on.empty() && comparison.is_worse();
  for (const VerdictResult& verdict : comparison.verdicts) {
    failed = failed || !verdict.passed();
  }
  return more_severe(code, failed ? ExitCode::verdict_failed : ExitCode::ok);
}

}  // namespace wakepath::cli
