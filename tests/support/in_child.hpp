// SPDX-License-Identifier: GPL-2.0-or-later
// Tests that change what a whole process has: its mounts, its limits.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <optional>

namespace wakepath::testing {

// What a child process that runs `work` and no more ends with. nullopt: it did not get to its end.
template <typename Work>
std::optional<int> exit_code_in_child(Work work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(work());
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
    return std::nullopt;
  }
  return WEXITSTATUS(status);
}

}  // namespace wakepath::testing
