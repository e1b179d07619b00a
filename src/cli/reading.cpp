// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/reading.hpp"

#include "cli/interrupt.hpp"
#include "util/output_plan.hpp"

namespace wakepath::cli {

Result<std::unique_ptr<InputSource>> open_to_print(const std::string& path,
                                                   const InputOptions& options) {
  WAKEPATH_CHECK(check_standard_output({path, options.kallsyms}));
  return open_input(path, options);
}

Partial partial_of(const InputSource& source, const Interrupt& interrupt) {
  if (interrupt.asked()) {
    return Partial::interrupted;
  }
  return source.is_truncated() ? Partial::truncated : Partial::no;
}

Result<host::GivenRoot> open_root(const std::string& given) {
  const Interrupt interrupt;
  return host::GivenRoot::open(given, [&] { return !interrupt.asked(); });
}

}  // namespace wakepath::cli
