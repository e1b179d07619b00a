// SPDX-License-Identifier: GPL-2.0-or-later
// Where a dump is read from: a file, memory, or a stream that can only be read forward.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "util/fd.hpp"
#include "wakepath/record.hpp"

namespace wakepath::dump {

class Input {
 public:
  Input() = default;
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  virtual ~Input() = default;

  // Bytes that are known to be there: all of a file; of a stream, those that were read so far.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // Are there bytes up to `end`? A stream is read that far, and knows its size after a "no".
  virtual bool reaches(std::uint64_t end) { return end <= size(); }
  // Fills `out`; false where not all of it could be read (bad medium, file cut meanwhile).
  virtual bool read(std::uint64_t offset, std::span<std::byte> out) = 0;

  // A promise: nothing before `offset` will be read again. A stream then forgets it.
  virtual void release(std::uint64_t /*offset*/) {}
  // How far behind the released part it may be searched; a stream keeps that much in memory.
  [[nodiscard]] virtual std::uint64_t look_ahead() const {
    return std::numeric_limits<std::uint64_t>::max();
  }
  // Why a stream ended before its end; empty: it did not.
  [[nodiscard]] virtual std::string trouble() const { return {}; }
  // How many bytes somebody sent for those up to `end`: fewer, if it came packed.
  [[nodiscard]] virtual std::uint64_t sent_bytes(std::uint64_t end) const { return end; }
  // Somebody asked for an end while it was read.
  [[nodiscard]] virtual bool is_interrupted() const { return false; }
};

// pread, no mapping: a file that somebody cuts while it is read must not kill the program.
class FileInput final : public Input {
 public:
  // Error: bad_input.
  static Result<std::unique_ptr<Input>> open(const std::string& path);
  // Of an open regular file, as long as it is now.
  static std::unique_ptr<Input> of(Fd fd);

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

// A pipe, for example. It holds what is not yet released, and reads on as it is asked to.
class StreamInput final : public Input {
 public:
  // Puts bytes into the span and returns their number; 0: the end.
  using Read = std::function<Result<std::size_t>(std::span<std::byte>)>;

  // `sent`: as sent_bytes(), of all that was read so far. Null: it comes as it is.
  using Sent = std::function<std::uint64_t()>;

  explicit StreamInput(Read read, Sent sent = {})
      : read_(std::move(read)), sent_(std::move(sent)) {}
  [[nodiscard]] std::uint64_t size() const override { return begin_ + held_.size(); }
  bool reaches(std::uint64_t end) override;
  bool read(std::uint64_t offset, std::span<std::byte> out) override;
  void release(std::uint64_t offset) override;
  [[nodiscard]] std::uint64_t look_ahead() const override { return kLookAheadBytes; }
  [[nodiscard]] std::uint64_t sent_bytes(std::uint64_t end) const override {
    return sent_ ? std::min(sent_(), end) : end;
  }
  [[nodiscard]] std::string trouble() const override { return trouble_; }
  [[nodiscard]] bool is_interrupted() const override { return interrupted_; }

  // The facts that a damaged part held are repeated within some 5 MiB.
  static constexpr std::uint64_t kLookAheadBytes = std::uint64_t{64} << 20;

 private:
  Read read_;
  Sent sent_;
  std::uint64_t begin_{0};  // offset of the first byte that is held
  std::vector<std::byte> held_;
  bool ended_{false};
  std::string trouble_;
  bool interrupted_{false};
};

}  // namespace wakepath::dump
