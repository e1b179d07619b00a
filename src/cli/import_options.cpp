// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

namespace wakepath::cli {

void add_kallsyms(CLI::App& app, std::string& kallsyms) {
  app.add_option("--kallsyms", kallsyms,
                 "Names of functions where a trace has addresses: a copy of the traced host's "
                 "/proc/kallsyms")
      ->type_name("FILE");
}

void add_import(CLI::App& app, ImportArguments& import) {
  app.add_option("FILE", import.file,
                 "The trace: trace.dat, perf.data, or text of ftrace (trace, trace_pipe, "
                 "function_graph), trace-cmd report or perf script; - is standard input")
      ->required()
      ->type_name("");
  app.add_option("-o,--output", import.output, "The recording to write, for replay")
      ->type_name("FILE");
  add_kallsyms(app, import.kallsyms);
  auto* outline = app.add_flag("--outline", import.outline,
                               "Of function_graph, text or trace.dat: print each wake with its "
                               "steps, their functions and durations, and write no recording");
  app.add_option("--wake", import.wake, "Of the outline, the wake of this number alone")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->needs(outline);
  add_format(app, import.format, "Of the outline");
}

}  // namespace wakepath::cli
