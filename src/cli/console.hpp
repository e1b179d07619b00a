// SPDX-License-Identifier: GPL-2.0-or-later
// Results to standard output, messages to standard error.
#pragma once

#include <string>

#include "cli/exit_code.hpp"
#include "present/output.hpp"
#include "wakepath/result.hpp"

namespace wakepath::cli {

class Console {
 public:
  present::Output& out() { return out_; }
  present::Output& err() { return err_; }

  // "wakepath: TEXT". Where standard error can't be written there is nobody to tell.
  void say(const std::string& text);
  // The message and what mends it; gives its exit code back.
  ExitCode report(const Error& error);

 private:
  present::Output out_{1, "standard output"};
  present::Output err_{2, "standard error"};
};

}  // namespace wakepath::cli
