// SPDX-License-Identifier: GPL-2.0-or-later
// Where a dump is read from: bytes at an offset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "util/fd.hpp"
#include "wakepath/record.hpp"

namespace wakepath::dump {

class Input {
 public:
  Input() = default;
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  virtual ~Input() = default;

  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // Fills `out`; false where not all of it could be read (bad medium, file cut meanwhile).
  virtual bool read(std::uint64_t offset, std::span<std::byte> out) = 0;
};

// pread, no mapping: a file that somebody cuts while it is read must not kill the program.
class FileInput final : public Input {
 public:
  // Error: bad_input.
  static Result<std::unique_ptr<Input>> open(const std::string& path);

  FileInput(Fd fd, std::uint64_t size) : fd_(std::move(fd)), size_(size) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  bool read(std::uint64_t offset, std::span<std::byte> out) override;

 private:
  Fd fd_;
  std::uint64_t size_;
};

// `bytes` must outlive it.
class MemoryInput final : public Input {
 public:
  explicit MemoryInput(Bytes bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  bool read(std::uint64_t offset, std::span<std::byte> out) override;

 private:
  Bytes bytes_;
};

}  // namespace wakepath::dump
