// SPDX-License-Identifier: GPL-2.0-or-later
// Errors as values. Every fallible call across a module boundary returns Result<T>.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace wakepath {

// The process exit code that an error ends in (docs/exit codes in README.md; OUTPUT contract).
enum class ExitCode : int {
  ok = 0,
  verdict_failed = 1,
  usage = 2,          // wrong usage; a VM, device or CPU that is not there
  unsupported = 3,    // this host can't do it: no BTF, no KVM, kernel too old
  not_permitted = 4,  // capability, lockdown
  bad_input = 5,      // input unreadable or damaged
  bad_output = 6,     // output could not be written
  bug = 70,
};

// One clear line for the user, and, where there is one, the command that mends it.
struct Error {
  ExitCode code{ExitCode::bug};
  std::string message;
  std::string fix;  // empty where nothing can be done
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ExitCode code, std::string message, std::string fix = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(fix)});
}

}  // namespace wakepath
