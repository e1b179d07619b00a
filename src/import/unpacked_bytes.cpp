// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/unpacked_bytes.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "util/escape.hpp"

namespace wakepath::foreign {

namespace {

constexpr std::size_t kUnpackedFrom = std::size_t{256} * 1024;
constexpr std::size_t kUnpackedAtOnce = std::size_t{64} * 1024;

}  // namespace

UnpackedBytes::UnpackedBytes(std::unique_ptr<ByteSource> packed, std::unique_ptr<Unpacker> unpacker,
                             std::string name, UnpackLimits limits)
    : packed_(std::move(packed)),
      unpacker_(std::move(unpacker)),
      name_(std::move(name)),
      limits_(limits),
      buffer_(kUnpackedFrom),
      block_(kUnpackedAtOnce) {}

tl::unexpected<Error> UnpackedBytes::failed(const std::string& what) const {
  return fail(ErrorKind::bad_input, escape_terminal(name_) + what);
}

Result<void> UnpackedBytes::refill() {
  WAKEPATH_TRY(const std::size_t got, packed_->read(buffer_));
  at_end_ = got == 0;
  taken_ += got;
  rest_ = std::string_view(buffer_.data(), got);
  if (got != 0 && !std::exchange(begun_, true)) {
    first_ = rest_.front();
  }
  return {};
}

Result<bool> UnpackedBytes::next() {
  for (;;) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of('\0'), rest_.size()));
    if (!rest_.empty()) {
      return rest_.front() == first_ && unpacker_->again();
    }
    if (at_end_) {
      return false;
    }
    WAKEPATH_CHECK(refill());
  }
}

// Damage is often found a little behind its place, and what was unpacked meanwhile is none of the
// file's: it is thrown away with the block that it stands in. What a cut ends is right up to there.
Result<void> UnpackedBytes::fill() {
  filled_ = handed_ = 0;
  while (filled_ < block_.size() && !ended_ && !cut_ && !unreadable_) {
    if (state_ == Unpacker::State::ended) {
      WAKEPATH_TRY(const bool more, next());
      ended_ = !more;
      state_ = Unpacker::State::wants_more;
      continue;
    }
    if (state_ == Unpacker::State::damaged) {
      return failed(" is damaged and can't be unpacked to its end");
    }
    if (state_ == Unpacker::State::too_large) {
      return failed(" can't be unpacked: it asks for more memory than any trace needs");
    }
    if (rest_.empty() && !at_end_) {
      if (filled_ != 0 && packed_->waits(0)) {
        return {};
      }
      if (auto read = refill(); !read) {
        unreadable_ = read.error();
        break;
      }
    }
    const Unpacker::Step step = unpacker_->step(rest_, std::span(block_).subspan(filled_));
    rest_.remove_prefix(step.taken);
    state_ = step.state;
    filled_ += step.made;
    cut_ = state_ == Unpacker::State::wants_more && at_end_ && step.taken == 0 && step.made == 0;
  }
  return {};
}

Result<std::size_t> UnpackedBytes::read(std::span<char> out) {
  if (handed_ == filled_) {
    if (auto done = fill(); !done) {
      filled_ = handed_ = 0;
      return tl::unexpected(done.error());
    }
  }
  if (filled_ == 0 && unreadable_) {
    return tl::unexpected(*unreadable_);
  }
  if (filled_ == 0 && cut_) {
    return failed(" is cut off (truncated) and can't be unpacked to its end");
  }
  const std::size_t got = std::min(out.size(), filled_ - handed_);
  std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(handed_), got, out.begin());
  handed_ += got;
  given_ += got;
  if (is_bomb(limits_, given_, taken_)) {
    return bomb_error(limits_, name_);
  }
  return got;
}

bool UnpackedBytes::waits(int milliseconds) const {
  return handed_ == filled_ && rest_.empty() && !at_end_ && packed_->waits(milliseconds);
}

bool is_bomb(const UnpackLimits& limits, std::uint64_t given, std::uint64_t taken) {
  return given > limits.harmless && given / limits.ratio > taken;
}

tl::unexpected<Error> bomb_error(const UnpackLimits& limits, const std::string& name) {
  return fail(ErrorKind::bad_input,
              fmt::format("{} unpacks to more than {} times its size, as no trace does: wakepath "
                          "reads no further",
                          escape_terminal(name), limits.ratio));
}

}  // namespace wakepath::foreign
