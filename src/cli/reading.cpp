// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/reading.hpp"

#include <utility>

#include "cli/interrupt.hpp"
#include "import/registry.hpp"
#include "privilege/command_rights.hpp"
#include "util/output_plan.hpp"

namespace wakepath::cli {

Result<foreign::GivenFiles> open_files_to_print(const std::string& path,
                                                const std::string& kallsyms) {
  WAKEPATH_CHECK(check_standard_output({path, kallsyms}));
  return foreign::open_given_files(path, kallsyms);
}

Result<std::unique_ptr<InputSource>> read_given(foreign::GivenFiles given,
                                                const Interrupt& interrupt) {
  privilege::read_files_only();
  auto source = foreign::open_given(std::move(given), interrupt.descriptor());
  privilege::start_no_programs();
  return source;
}

Result<std::unique_ptr<InputSource>> open_to_print(const std::string& path,
                                                   const std::string& kallsyms,
                                                   const Interrupt& interrupt) {
  WAKEPATH_TRY(foreign::GivenFiles given, open_files_to_print(path, kallsyms));
  return read_given(std::move(given), interrupt);
}

Partial partial_of(const InputSource& source, const Interrupt& interrupt) {
  if (interrupt.asked()) {
    return Partial::interrupted;
  }
  return source.is_truncated() ? Partial::truncated : Partial::no;
}

Result<host::GivenRoot> open_root(const std::string& given, const host::GivenRoot::Opened& opened) {
  const Interrupt interrupt;
  return host::GivenRoot::open(
      given, [&] { return !interrupt.asked(); }, opened);
}

}  // namespace wakepath::cli
