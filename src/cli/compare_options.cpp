// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/comparison.hpp"
#include "cli/options.hpp"

namespace wakepath::cli {

namespace {

constexpr const char* kCompareExamples = R"(Examples:
  wakepath compare before.wkp after.wkp
  wakepath compare before.wkp after.wkp --target 200us --fail-on 'p99(total) > +10%'
  wakepath compare --baseline a1.wkp a2.wkp -- b1.wkp b2.wkp)";

auto change_value() {
  return Value{"EXPR", std::string(), [](const std::string& text) -> Result<std::string> {
                 WAKEPATH_CHECK(analysis::parse_change_verdict(text));
                 return text;
               }};
}

struct CompareChoices {
  CompareArguments compare;
  std::vector<std::string> files;
};

Result<Command> finish_compare(const CompareChoices& chosen) {
  CompareArguments compare = chosen.compare;
  compare.after = chosen.files;
  if (compare.before.empty()) {
    if (chosen.files.size() != 2) {
      return fail(ErrorKind::usage,
                  fmt::format("compare takes two recordings, not {}", chosen.files.size()),
                  "compare before.wkp after.wkp; or, with several a side, --baseline a1.wkp a2.wkp "
                  "-- b1.wkp b2.wkp");
    }
    compare.before = {chosen.files.front()};
    compare.after = {chosen.files.back()};
  }
  return Command(compare);
}

}  // namespace

Subcommand add_compare(CLI::App& root) {
  CLI::App& app =
      add_command(root, "compare", "Say what changed between recordings, and how sure that is",
                  kCompareExamples);
  auto chosen = std::make_shared<CompareChoices>();
  app.add_option("FILE", chosen->files, "Two recordings, or traces as import reads them")
      ->required()
      ->type_name("");
  app.add_option("--baseline", chosen->compare.before,
                 "The recordings before, where there are several; -- ends them")
      ->type_name("FILE...");
  app.option_defaults()->group("Output");
  CompareArguments& compare = chosen->compare;
  add_value(
      app, "--target", time_value(),
      [&compare](Span value) { compare.target_ns = static_cast<std::uint64_t>(value.count()); },
      "Compare also the part of the wakes that take longer: 200us");
  add_values(
      app, "--fail-on", change_value(),
      [&compare](std::string text) { compare.fail_on.push_back(std::move(text)); },
      "Exit with 1 if this holds: 'p99(total) > +10%'; repeatable (default: any change to the "
      "worse)");
  app.add_option("--vm", compare.selection.vms,
                 "Only this VM, by name or process id; repeatable (default all)")
      ->type_name("NAME|PID")
      ->allow_extra_args(false);
  add_value(
      app, "--seed", number_value(0, any_number),
      [&compare](std::uint64_t value) { compare.seed = value; }, "Of the resampling (default 1)");
  add_value(
      app, "--resamples", number_value(200, 100'000),
      [&compare](std::uint64_t value) { compare.resamples = value; },
      "How often blocks of time are drawn anew (default 2000)");
  add_memory(app, compare.memory);
  add_progress(app);
  add_judged_format(app, compare.format);
  add_color(app, compare.color);
  return {&app, [chosen] { return finish_compare(*chosen); }};
}

}  // namespace wakepath::cli
