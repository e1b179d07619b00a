// SPDX-License-Identifier: GPL-2.0-or-later
// A file that grows by whole pieces: a piece that can't be written to its end leaves no trace.
#pragma once

#include <cstdint>
#include <string>

#include "util/fd.hpp"
#include "wakepath/record.hpp"

namespace wakepath::dump {

class OutputFile {
 public:
  // Creates or empties it. Pipes, terminals and block devices are refused. Error: bad_output.
  static Result<OutputFile> create(const std::string& path);

  Result<void> append(Bytes piece);
  // Bytes that are already there.
  Result<void> replace(std::uint64_t offset, Bytes bytes);
  // Onto the medium.
  Result<void> sync();

  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  OutputFile(Fd fd, std::string path, bool regular);
  // 0, or the errno of what failed.
  [[nodiscard]] int write_at(std::uint64_t offset, Bytes bytes) const;
  [[nodiscard]] tl::unexpected<Error> failed(int error) const;

  Fd fd_;
  std::string path_;
  bool regular_;
  std::uint64_t size_{0};
};

}  // namespace wakepath::dump
