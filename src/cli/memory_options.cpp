// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/memory_limit.hpp"
#include "cli/options.hpp"
#include "cli/size.hpp"

namespace wakepath::cli {

void add_memory(CLI::App& app, std::uint64_t& memory) {
  const auto parse = [](const std::string& text) -> Result<std::uint64_t> {
    WAKEPATH_TRY(const std::size_t bytes, parse_size(text));
    if (bytes < kLeastMemory) {
      return fail(ErrorKind::usage, "");
    }
    return std::uint64_t{bytes};
  };
  add_value(
      app, "--memory", Value{"SIZE", "a size of at least 64M (256M, 1G)", parse},
      [&memory](std::uint64_t bytes) { memory = bytes; },
      "Use no more memory than this: what waits too long to be put in order counts as lost, and "
      "what needs more ends with exit code 5 (default 1G)");
}

}  // namespace wakepath::cli
