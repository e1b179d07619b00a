// SPDX-License-Identifier: GPL-2.0-or-later
// An input that is about to be opened: its first bytes can be looked at.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "import/byte_source.hpp"
#include "import/name_table.hpp"
#include "util/fd.hpp"

namespace wakepath::foreign {

struct Opening {
  std::string path;                    // for messages, and to open a file again; "-": none
  std::unique_ptr<PeekedBytes> bytes;  // from the beginning
  NameTable::NameOf name_of;           // of kernel addresses; may be empty
  bool is_file{false};                 // that has just these bytes, and can be opened again
  std::size_t look{};                  // how many of its first bytes tell its kind
  int stop_fd{-1};                     // InputOptions's
  std::shared_ptr<InputPart> part{};   // how much of it was read
};

// Is it a file that can be opened again, and read at any place?
bool is_regular_file(const std::string& path);

// "-" is standard input. What is packed is unpacked, and lines of text are cleaned of what does not
// belong to a trace. Errors: bad_input; unsupported: it is packed,
// and this wakepath can't unpack.
Result<Opening> begin_opening(const std::string& path, int stop_fd = -1);

// For readers that read here and there: the file itself, or, of a pipe and of a packed file, a
// temporary file with all of its bytes, which has no name. `kind` is for the message: "a
// trace.dat". Error: bad_input.
Result<Fd> file_of(Opening& opening, std::string_view kind);

}  // namespace wakepath::foreign
