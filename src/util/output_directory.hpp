// SPDX-License-Identifier: GPL-2.0-or-later
// A directory of files that a command makes: all of them stand there, whole, or none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "util/output_file.hpp"

namespace wakepath {

class OutputDirectory {
 public:
  // Its owner alone may read it. `names`: of its files. With force it replaces a directory that has
  // files of these names alone. Errors: usage, where it would be standard output, or replace what
  // is read; bad_output.
  static Result<OutputDirectory> create(const OutputPlan& plan, std::vector<std::string> names);
  OutputDirectory(OutputDirectory&&) noexcept;
  OutputDirectory& operator=(OutputDirectory&&) = delete;
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;
  // Without finish() it leaves nothing.
  ~OutputDirectory();

  // As OutputFile's.
  Result<void> keep_rights_for_names(const std::function<void()>& begin);

  // `file`: its place among the names. Error: bad_output.
  Result<void> append(std::size_t file, OutputFile::Piece piece);
  // Nothing follows: the files are on the medium, and the directory is at its name.
  Result<void> finish();

  [[nodiscard]] std::uint64_t bytes() const;  // of all files

 private:
  struct Place;  // its names on the disk
  OutputDirectory(std::unique_ptr<Place> place, std::vector<OutputFile> files);

  std::unique_ptr<Place> place_;
  std::vector<OutputFile> files_;
  std::unique_ptr<NameKeeper> keeper_;
  bool done_{false};
};

}  // namespace wakepath
