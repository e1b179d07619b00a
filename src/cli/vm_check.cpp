// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/vm_check.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "util/closest.hpp"

namespace wakepath::cli {

Result<void> check_vms(const std::vector<std::string>& wanted,
                       const std::vector<std::string>& known) {
  for (const std::string& vm : wanted) {
    if (std::ranges::find(known, vm) == known.end()) {
      return fail(ErrorKind::usage, fmt::format("no VM '{}'{}", vm, did_you_mean(vm, known)),
                  known.empty() ? "start the VM first: none runs"
                                : fmt::format("--vm with one of: {}", fmt::join(known, ", ")));
    }
  }
  return {};
}

}  // namespace wakepath::cli
