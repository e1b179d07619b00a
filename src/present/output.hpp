// SPDX-License-Identifier: GPL-2.0-or-later
// Buffered text to a file descriptor. A reader that went away (`| head`) is no error: the rest is
// dropped, and closed() tells a caller that wants to stop early.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "wakepath/result.hpp"

namespace wakepath::present {

class Output {
 public:
  // `fd` stays the caller's. `name` is for messages ("standard output").
  Output(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  // `before` is called before each writing.
  void on_write(std::function<void()> before) { before_ = std::move(before); }
  // Append here, then call commit().
  fmt::memory_buffer& buffer() { return buffer_; }
  // Writes if much has gathered.
  Result<void> commit();
  Result<void> flush();
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  static constexpr std::size_t kFlushBytes = 64UL * 1024;

  int fd_;
  std::string name_;
  fmt::memory_buffer buffer_;
  bool closed_{false};
  std::function<void()> before_;
};

}  // namespace wakepath::present
