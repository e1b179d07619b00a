// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

namespace wakepath::cli {

namespace {

constexpr const char* kImportExamples = R"(Examples:
  wakepath import trace.txt -o host7.wkp
  ssh host7 cat /sys/kernel/tracing/trace | wakepath import - -o host7.wkp)";

}  // namespace

void add_kallsyms(CLI::App& app, std::string& kallsyms) {
  app.add_option("--kallsyms", kallsyms,
                 "Names of functions where a trace has addresses: a copy of the traced host's "
                 "/proc/kallsyms")
      ->type_name("FILE");
}

Subcommand add_import(CLI::App& root) {
  CLI::App& app = add_command(
      root, "import", "Make a recording of a trace of ftrace, trace-cmd or perf", kImportExamples);
  auto import = std::make_shared<ImportArguments>();
  app.add_option("FILE", import->file,
                 "The trace: trace.dat, perf.data, or text of ftrace (trace, trace_pipe, latency "
                 "format, function_graph, a dump in a kernel log), trace-cmd report (also -R) or "
                 "perf script. It may be packed (gzip, bzip2, xz, zstd, lz4), and text may be "
                 "quoted, numbered or from a log. - is standard input")
      ->required()
      ->type_name("");
  CLI::Option* output = app.add_option("-o,--output", import->output,
                                       "The recording to write, for replay; - is standard output")
                            ->type_name("FILE");
  add_force(app, import->force)->needs(output);
  add_kallsyms(app, import->kallsyms);
  add_memory(app, import->memory);
  add_progress(app);
  auto* outline = app.add_flag("--outline", import->outline,
                               "Of function_graph, text or trace.dat: print each wake with its "
                               "steps, their functions and durations, and write no recording");
  add_value(
      app, "--wake", number_value(1, any_number),
      [import = import.get()](std::uint64_t value) { import->wake = value; },
      "Of the outline, the wake of this number alone")
      ->needs(outline);
  add_format(app, import->format, "Of the outline, ");
  return {&app, [import] { return Result<Command>(*import); }};
}

}  // namespace wakepath::cli
