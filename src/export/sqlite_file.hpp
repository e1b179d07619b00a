// SPDX-License-Identifier: GPL-2.0-or-later
// SQLite's way to its file, by a VFS of our own: SQLite opens by name, and here a name is of no
// use. By the time that it would open one, the process may open nothing any more, and until it is
// whole the file has none (see OutputFile). No other file is opened: no journal, for nothing that
// an export could lose stands in it. No clock and no random number is asked for, so that the same
// rows make the same file.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <sqlite3.h>

#include "util/output_file.hpp"

namespace wakepath::exports {

class SqliteFile {
 public:
  // Registers the VFS under name().
  explicit SqliteFile(OutputFile file);
  ~SqliteFile();
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;

  [[nodiscard]] const char* name() const { return name_.c_str(); }
  OutputFile& file() { return file_; }
  // The first error of the file itself.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  struct Calls;  // SQLite's, from C
  int keep(const Result<void>& result, int code);

  OutputFile file_;
  std::string name_;
  std::optional<Error> failure_;
  std::unique_ptr<sqlite3_vfs> vfs_;
};

}  // namespace wakepath::exports
