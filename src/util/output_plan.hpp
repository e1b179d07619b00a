// SPDX-License-Identifier: GPL-2.0-or-later
// Where a command may write what it makes: never onto what it reads, nor, unless it is told to,
// onto what is there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wakepath/result.hpp"

namespace wakepath {

struct OutputPlan {
  std::string path;                   // "-": standard output
  bool force{false};                  // replaces a file that is there
  std::vector<std::string> inputs{};  // what is read meanwhile; "-": standard input
};

// What OutputFile finds under the name.
struct OutputPlace {
  enum class Kind {
    nothing,     // no file of this name
    file,        // a file that may be replaced
    stream,      // a pipe, a character device
    descriptor,  // standard output
  };
  Kind kind{Kind::nothing};
  std::string path;  // the file itself, where the name is a link to it
};
// Errors: usage, where it is an input or a terminal; bad_output, where it must be kept, or can't be
// written to.
Result<OutputPlace> find_place(const OutputPlan& plan);

// The same before the work begins, and nothing is touched yet.
Result<void> check_output(const OutputPlan& plan);
// Of a command that prints: an input that grows by what is printed has no end. Error: usage.
Result<void> check_standard_output(const std::vector<std::string>& inputs);

// Errors, in one form.
tl::unexpected<Error> cannot_write(const std::string& path, std::string_view why);
tl::unexpected<Error> is_there_already(const std::string& path);

}  // namespace wakepath
