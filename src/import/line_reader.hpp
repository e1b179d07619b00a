// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes as lines, in bounded memory whatever the bytes are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "import/byte_source.hpp"

namespace wakepath::foreign {

// No kernel prints a longer line: trace_seq holds 8 KiB, before 6.8 a page, which is 64 KiB at
// most.
inline constexpr std::size_t kLongestLine = std::size_t{64} * 1024;

struct Line {
  std::string_view text;   // without its end ("\n", "\r\n"); valid until the next one is read
  std::uint64_t number{};  // from 1
  bool ended{true};        // false: the input ends inside it
  bool cut{false};         // it is longer than kLongestLine; `text` is its beginning
};

class LineReader {
 public:
  explicit LineReader(std::unique_ptr<ByteSource> source);

  // The beginning of the input, as much as fits the buffer. Before the first `next` alone.
  std::string_view peek();
  // False: there is none, because the input ends or `error` says why it can't be read on.
  bool next(Line& line);
  // Would the next line wait, for longer than so long?
  [[nodiscard]] bool waits(int milliseconds) const;
  // The input ended inside the last line.
  [[nodiscard]] bool ended_inside() const { return ended_inside_; }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] const ByteSource& source() const { return *source_; }

 private:
  void fill();
  [[nodiscard]] bool is_interrupted() const {
    return error_ && error_->kind == ErrorKind::interrupted;
  }
  bool take(std::size_t bytes, Line& line);
  bool skip_rest(Line& line);

  std::unique_ptr<ByteSource> source_;
  std::vector<char> buffer_;
  std::size_t begin_{0};  // what is in the buffer and was not handed on
  std::size_t end_{0};
  std::uint64_t lines_{0};
  bool at_end_{false};
  bool ended_inside_{false};
  std::optional<Error> error_;
};

}  // namespace wakepath::foreign
