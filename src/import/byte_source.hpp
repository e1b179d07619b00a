// SPDX-License-Identifier: GPL-2.0-or-later
// Where a trace is read from, from its beginning to its end: a file, a pipe, or what unpacks one.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "util/fd.hpp"
#include "wakepath/result.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::foreign {

class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  // How many bytes were put into `out`, which is not empty; 0: the end. Error: bad_input.
  virtual Result<std::size_t> read(std::span<char> out) = 0;
  // Would the next read wait longer than that? A file never does.
  [[nodiscard]] virtual bool waits(int /*milliseconds*/) const { return false; }
  // What was wrong with it, though what could be read was. As TraceReader's.
  [[nodiscard]] virtual std::vector<std::string> problems() const { return {}; }
};

class FdBytes final : public ByteSource {
 public:
  // Waits for a writer where `path` is a pipe. Error: bad_input.
  static Result<Fd> open_file(const std::string& path);

  // `stop_fd`: InputOptions's. `part`: where it counts what it reads; null: nobody asks.
  FdBytes(Fd fd, std::string name, int stop_fd = -1, std::shared_ptr<InputPart> part = {});
  // Error: interrupted too.
  Result<std::size_t> read(std::span<char> out) override;
  [[nodiscard]] bool waits(int milliseconds) const override;

 private:
  Fd fd_;
  std::string name_;
  int stop_fd_;
  std::shared_ptr<InputPart> part_;
  bool is_file_{false};
};

// `bytes` must outlive it.
class MemoryBytes final : public ByteSource {
 public:
  explicit MemoryBytes(std::string_view bytes) : rest_(bytes) {}
  Result<std::size_t> read(std::span<char> out) override;

 private:
  std::string_view rest_;
};

// Lets its beginning be looked at before it is read.
class PeekedBytes final : public ByteSource {
 public:
  explicit PeekedBytes(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}
  // Of a pipe that pauses, fewer bytes are enough where `tells` says so.
  void enough_when(std::function<bool(std::string_view)> tells) { tells_ = std::move(tells); }
  // The first `most` bytes, or all that can be read where there are fewer. Before the first read
  // alone; valid until then. Error: nothing can be read.
  Result<std::string_view> peek(std::size_t most);
  Result<std::size_t> read(std::span<char> out) override;
  // What stopped peek() before it saw so much.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] bool waits(int milliseconds) const override;

 private:
  using Clock = std::chrono::steady_clock;
  // A pipe may come live, and slowly: is it time to go on with what is there?
  [[nodiscard]] bool settles(std::size_t filled);

  std::unique_ptr<ByteSource> source_;
  std::function<bool(std::string_view)> tells_;
  std::optional<Clock::time_point> since_;  // its first bytes came
  bool settled_{false};
  std::string seen_;
  std::size_t given_{0};
  std::optional<Error> error_;  // behind what was seen
};

}  // namespace wakepath::foreign
