// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

namespace wakepath::cli {

Subcommand add_info(CLI::App& root) {
  CLI::App& app = add_command(root, "info", "Say what a dump holds and where it is from",
                              "Examples:\n  wakepath info host7.wkp\n"
                              "  wakepath info --what-is-inside host7.wkp");
  auto info = std::make_shared<InfoArguments>();
  app.add_option("FILE", info->file, "The dump")->required()->type_name("");
  app.add_flag("--what-is-inside", info->what_is_inside,
               "List the names in it, before you send it to somebody; wakepath anonymize replaces "
               "them");
  add_memory(app, info->memory);
  add_progress(app);
  add_format(app, info->format);
  return {&app, [info] { return Result<Command>(*info); }};
}

}  // namespace wakepath::cli
