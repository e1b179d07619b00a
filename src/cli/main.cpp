// SPDX-License-Identifier: GPL-2.0-or-later
#include <csignal>
#include <exception>
#include <new>

#include "cli/memory_limit.hpp"
#include "cli/run.hpp"

int main(int argc, char** argv) {
  using wakepath::cli::Console;
  using wakepath::cli::ExitCode;
  // A write to a reader that has gone away fails with EPIPE instead.
  std::signal(SIGPIPE, SIG_IGN);
  wakepath::cli::end_clearly_without_memory();
  ExitCode code = ExitCode::bug;
  try {
    Console console;
    code = wakepath::cli::run(argc, argv, console);
  } catch (const std::bad_alloc&) {
    code =
        Console().report({wakepath::ErrorKind::unsupported, "not enough memory on this host", ""});
  } catch (const std::exception& error) {
    Console().report({wakepath::ErrorKind::bug, std::string("a bug in wakepath: ") + error.what(),
                      "report it, with the command and the dump"});
  }
  return static_cast<int>(code);
}
