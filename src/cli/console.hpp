// SPDX-License-Identifier: GPL-2.0-or-later
// Results to standard output, messages to standard error.
#pragma once

#include <cstddef>
#include <string>

#include "cli/exit_code.hpp"
#include "cli/progress.hpp"
#include "present/output.hpp"
#include "wakepath/result.hpp"

namespace wakepath::cli {

class Console {
 public:
  Console() : Console(1, 2) {}
  // The descriptors of standard output and standard error, which stay the caller's.
  Console(int out, int err);
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  present::Output& out() { return out_; }
  present::Output& err() { return err_; }
  // Of long work. Whatever is written here wipes it first.
  Progress& progress() { return progress_; }
  // The command writes its file there, where it is "-": standard output.
  void writes_to(const std::string& output) {
    if (output == "-") {
      progress_.results_begin(fd_);
    }
  }

  [[nodiscard]] bool is_terminal() const;
  // Results go to a terminal whose locale has no UTF-8.
  [[nodiscard]] bool is_ascii() const { return ascii_; }
  // Of the terminal that results go to, 80 at least; 80 where it is none.
  [[nodiscard]] std::size_t columns() const;
  // The same for output that is broken on a terminal alone: elsewhere lines have no bound.
  [[nodiscard]] std::size_t line_width() const;

  // "wakepath: TEXT", in lines as wide as a terminal. Where standard error can't be written there
  // is nobody to tell.
  void say(const std::string& text);
  // The message and what mends it; gives its exit code back.
  ExitCode report(const Error& error);

 private:
  int fd_;  // of standard output
  int err_fd_;
  bool ascii_;
  present::Output out_;
  present::Output err_;
  Progress progress_;
};

}  // namespace wakepath::cli
