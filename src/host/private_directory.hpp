// SPDX-License-Identifier: GPL-2.0-or-later
// A directory for its owner alone, in $TMPDIR; else in /dev/shm where there is plenty of memory, or
// in /tmp. It goes with its object. What a process leaves that was killed goes when the next one is
// made.
#pragma once

#include <cstdint>
#include <string>

#include "util/fd.hpp"
#include "wakepath/result.hpp"

namespace wakepath::host {

class PrivateDirectory {
 public:
  // `bytes`: the most that it will hold. Error: bad_output.
  static Result<PrivateDirectory> create(std::uint64_t bytes);
  PrivateDirectory(PrivateDirectory&& other) noexcept;
  PrivateDirectory& operator=(PrivateDirectory&& other) = delete;
  ~PrivateDirectory();

  // Without a slash at its end.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const Fd& descriptor() const { return fd_; }

 private:
  PrivateDirectory(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;  // empty: another object has it
  Fd fd_;             // locked for as long as the directory is in use
};

}  // namespace wakepath::host
