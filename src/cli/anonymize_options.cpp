// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

namespace wakepath::cli {

Subcommand add_anonymize(CLI::App& root) {
  CLI::App& app = add_command(
      root, "anonymize", "Copy a recording without the names that tell whose host it was",
      "Replaced: the names of VMs, threads, devices and interrupts, and the addresses of kernel\n"
      "objects. Left out: the command line, and what /proc and /sys said. Kept: times, numbers of\n"
      "threads, CPUs and interrupts, the kernel's release, drivers, and the kernel's functions.\n"
      "Example:\n  wakepath anonymize host7.wkp -o to-send.wkp && wakepath info --what-is-inside "
      "to-send.wkp");
  auto import = std::make_shared<ImportArguments>();
  import->anonymize = true;
  app.add_option("FILE", import->file,
                 "The recording, or trace of another tool; - is standard input")
      ->required()
      ->type_name("");
  CLI::Option* output =
      app.add_option("-o,--output", import->output, "The recording to write; - is standard output")
          ->type_name("FILE");
  add_force(app, import->force)->needs(output);
  add_kallsyms(app, import->kallsyms);
  add_memory(app, import->memory);
  add_progress(app);
  return {&app, [import] { return Result<Command>(*import); }};
}

}  // namespace wakepath::cli
