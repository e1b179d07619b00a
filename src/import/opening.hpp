// SPDX-License-Identifier: GPL-2.0-or-later
// An input that is about to be opened: its first bytes can be looked at.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "import/byte_source.hpp"
#include "import/name_table.hpp"
#include "import/text/look.hpp"
#include "util/fd.hpp"

namespace wakepath::foreign {

// What a command was given to read, opened: no path is looked at from here on, so that a program
// can give up its rights before it reads the first byte.
struct GivenFiles {
  std::string path;  // for messages; "-": standard input
  Fd file;
  Fd again;  // once more, for a reader that looks ahead; none: it can't be read at any place
  std::string kallsyms_path;
  Fd kallsyms;  // none: no such file was given, or it can't be opened
};

// Waits for a writer where `path` is a pipe. `kallsyms`: InputOptions's. Error: bad_input.
Result<GivenFiles> open_given_files(const std::string& path, const std::string& kallsyms = {});

struct Opening {
  std::string path;                    // for messages; "-": standard input
  std::unique_ptr<PeekedBytes> bytes;  // from the beginning
  Fd file, again;                      // GivenFiles's, where it can be read at any place
  NameTable::NameOf name_of;           // of kernel addresses; may be empty
  bool is_file{false};                 // that has just these bytes, and can be read at any place
  std::size_t look{text::kLookBytes};  // how many of its first bytes tell its kind
  int stop_fd{-1};                     // InputOptions's
  // How much of it was read; never null.
  std::shared_ptr<InputPart> part{std::make_shared<InputPart>()};
};

// What is packed is unpacked, and lines of text are cleaned of what does not belong to a trace.
// Errors: bad_input; unsupported: it is packed, and this wakepath can't unpack.
Result<Opening> begin_opening(GivenFiles given, int stop_fd = -1);

// For readers that read here and there: the file itself, or, of a pipe and of a packed file, a
// temporary file with all of its bytes, which has no name. `bytes` is used up. Error: bad_input.
Result<Fd> file_of(Opening& opening);

// Of a file that only root may read a copy takes its place, for the process that reads it may open
// it by its name in /proc. Error: bad_input.
Result<void> let_child_open(Opening& opening);

}  // namespace wakepath::foreign
