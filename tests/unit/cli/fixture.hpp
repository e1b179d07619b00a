// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the program in this process, and keeps what it says.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/run.hpp"
#include "util/fd.hpp"

namespace wakepath::cli::testing {

class KeptFile {
 public:
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] std::string text() const {
    std::string content(static_cast<std::size_t>(::lseek(fd_.get(), 0, SEEK_END)), '\0');
    const auto got = ::pread(fd_.get(), content.data(), content.size(), 0);
    content.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return content;
  }

 private:
  Fd fd_{::memfd_create("kept", MFD_CLOEXEC)};
};

struct Ran {
  ExitCode code{};
  std::string out;
  std::string err;
};

inline std::vector<const char*> command_line(std::initializer_list<const char*> words) {
  std::vector<const char*> line{"wakepath"};
  line.insert(line.end(), words);
  return line;
}

inline Ran run_program(std::initializer_list<const char*> words) {
  const std::vector<const char*> line = command_line(words);
  const KeptFile out;
  const KeptFile err;
  Console console(out.fd(), err.fd());
  Ran ran;
  ran.code = run(static_cast<int>(line.size()), line.data(), console);
  ran.out = out.text();
  ran.err = err.text();
  return ran;
}

inline Result<Arguments> parsed(std::initializer_list<const char*> words) {
  const std::vector<const char*> line = command_line(words);
  return parse_arguments(static_cast<int>(line.size()), line.data());
}

}  // namespace wakepath::cli::testing
