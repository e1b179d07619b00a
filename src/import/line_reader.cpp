// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/line_reader.hpp"

#include <cstring>

namespace wakepath::foreign {

namespace {

constexpr std::size_t kBufferBytes = 4 * kLongestLine;

}  // namespace

LineReader::LineReader(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)), buffer_(kBufferBytes) {}

// Moves what is left to the buffer's beginning and reads on behind it.
void LineReader::fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  for (bool some = false; end_ < buffer_.size() && !at_end_; some = true) {
    if (some && source_->waits(0)) {
      return;
    }
    const auto got = source_->read(std::span(buffer_).subspan(end_));
    if (!got) {
      error_ = got.error();
    }
    if (!got || *got == 0) {
      at_end_ = true;
      return;
    }
    end_ += *got;
  }
}

std::string_view LineReader::peek() {
  fill();
  return {buffer_.data(), end_};
}

// `bytes` from the buffer, of which the last is the line's end where there is one.
bool LineReader::take(std::size_t bytes, Line& line) {
  line.text = {buffer_.data() + begin_, bytes};
  begin_ += bytes;
  line.number = ++lines_;
  line.ended = line.text.ends_with('\n');
  ended_inside_ = !line.ended;
  if (line.ended) {
    line.text.remove_suffix(line.text.ends_with("\r\n") ? 2 : 1);
  }
  return true;
}

bool LineReader::next(Line& line) {
  line.cut = false;
  for (;;) {
    const std::size_t left = end_ - begin_;
    if (left != 0) {
      const void* const found = std::memchr(buffer_.data() + begin_, '\n', left);
      if (found != nullptr) {
        const auto at = static_cast<const char*>(found) - (buffer_.data() + begin_);
        const bool fits = static_cast<std::size_t>(at) <= kLongestLine;
        return fits ? take(static_cast<std::size_t>(at) + 1, line) : skip_rest(line);
      }
      if (left > kLongestLine) {
        return skip_rest(line);
      }
    }
    if (at_end_) {
      // Where somebody asked for an end, there is more of the line.
      return left != 0 && !is_interrupted() && take(left, line);
    }
    fill();
  }
}

bool LineReader::waits(int milliseconds) const {
  const bool has_line =
      begin_ != end_ && std::memchr(buffer_.data() + begin_, '\n', end_ - begin_) != nullptr;
  return !has_line && !at_end_ && source_->waits(milliseconds);
}

// Keeps the beginning at the buffer's, and drops what follows up to the line's end.
bool LineReader::skip_rest(Line& line) {
  fill();
  std::size_t from = kLongestLine;
  for (;;) {
    const void* const found = std::memchr(buffer_.data() + from, '\n', end_ - from);
    if (found != nullptr) {
      begin_ = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) + 1;
      break;
    }
    begin_ = end_;
    if (at_end_) {
      break;
    }
    const auto got = source_->read(std::span(buffer_).subspan(kLongestLine));
    if (!got) {
      error_ = got.error();
    }
    at_end_ = !got || *got == 0;
    end_ = kLongestLine + (at_end_ ? 0 : *got);
    from = kLongestLine;
  }
  line.text = {buffer_.data(), kLongestLine};
  line.number = ++lines_;
  line.ended = true;
  line.cut = true;
  return true;
}

}  // namespace wakepath::foreign
