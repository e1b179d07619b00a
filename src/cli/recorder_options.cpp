// SPDX-License-Identifier: GPL-2.0-or-later
// The options of the recorder that waits for slow wakes, which live and record share.
#include "analysis/trigger.hpp"
#include "cli/options.hpp"
#include "cli/size.hpp"

namespace wakepath::cli {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kLeastBytes = std::uint64_t{1} << 20U;

auto trigger_value() {
  return Value{"EXPR", std::string(), [](const std::string& text) -> Result<std::string> {
                 WAKEPATH_TRY(const analysis::Trigger trigger, analysis::Trigger::parse(text));
                 return trigger.text();
               }};
}

auto bytes_value() {
  return Value{"SIZE", "a size of at least 1M (256M, 1G)",
               [](const std::string& text) -> Result<std::uint64_t> {
                 WAKEPATH_TRY(const std::size_t bytes, parse_size(text));
                 if (bytes < kLeastBytes) {
                   return fail(ErrorKind::usage, "");
                 }
                 return std::uint64_t{bytes};
               }};
}

}  // namespace

void add_recorder_options(CLI::App& app, RecorderArguments& recorder, CLI::Option* output) {
  app.option_defaults()->group("Flight recorder");
  CLI::Option* const on = add_values(
      app, "--on", trigger_value(),
      [&recorder](std::string text) { recorder.on.push_back(std::move(text)); },
      "Keep the time around each wake of which this holds, a recording each: 'total > 200us', "
      "'wake_delay > 1ms and vm == web*', 'blame(task(hog)) > 1ms', 'lost > 0', 'signal' "
      "(SIGUSR1); repeatable");
  on->needs(output);
  const auto time = [&](const char* name, Span least, auto take, const char* help) {
    add_value(app, name, time_value(least, 1h), take, help)->needs(on);
  };
  time(
      "--before", Span(0), [&recorder](Span value) { recorder.before = value; },
      "So much of what went before the wake (default 2s)");
  time(
      "--after", Span(0), [&recorder](Span value) { recorder.after = value; },
      "So much of what came after it (default 500ms)");
  time(
      "--every", Span(0), [&recorder](Span value) { recorder.every = value; },
      "Begin no more than one recording in this time (default 0: as they come)");
  add_value(
      app, "--max-files", number_value(1, 100'000),
      [&recorder](std::uint64_t value) { recorder.max_files = value; },
      "Keep so many recordings, the worst (default 20)")
      ->needs(on);
  add_value(
      app, "--max-size", bytes_value(),
      [&recorder](std::uint64_t value) { recorder.max_bytes = value; },
      "Of no more than so many bytes in all (default 1G)")
      ->needs(on);
  add_value(
      app, "--recorder-memory", bytes_value(),
      [&recorder](std::uint64_t value) { recorder.memory = value; },
      "For what --before holds: it holds less where that is too little (default 256M)")
      ->needs(on);
  app.add_option("--exec", recorder.exec,
                 "Run this by sh for each recording that is kept, one at a time, with "
                 "WAKEPATH_FILE, _VM, _VCPU, _PATH, _LATENCY_NS and _VERDICT in its environment")
      ->type_name("CMD")
      ->needs(on);
}

}  // namespace wakepath::cli
