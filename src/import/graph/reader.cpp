// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/graph/reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace wakepath::foreign::graph {

namespace {

constexpr std::size_t kBuffer = std::size_t{256} << 10U;
constexpr std::size_t kLongestLine = std::size_t{16} << 10U;
constexpr int kLinesAtOnce = 20'000;

}  // namespace

Result<bool> Lines::fill() {
  if (ended_) {
    return false;
  }
  buffer_.resize(kBuffer);
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  const Result<std::size_t> got = read_(std::span(buffer_).subspan(end_));
  if (!got) {
    return tl::unexpected(got.error());
  }
  end_ += *got;
  ended_ = *got == 0;
  return !ended_;
}

Result<std::optional<std::string_view>> Lines::next() {
  for (std::size_t searched = 0;;) {
    const std::string_view text(buffer_.data() + begin_, end_ - begin_);
    const std::size_t at = text.find('\n', searched);
    const bool whole = at != std::string_view::npos;
    if (whole || text.size() > kLongestLine || (ended_ && !text.empty())) {
      const std::size_t size = whole ? at : text.size();
      begin_ += size + (whole ? 1 : 0);
      searched = 0;
      if (std::exchange(skipping_, !whole && !ended_)) {
        continue;
      }
      return text.substr(0, std::min(size, kLongestLine));
    }
    searched = text.size();
    const Result<bool> more = fill();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more && begin_ == end_) {
      return std::nullopt;
    }
  }
}

Result<std::optional<std::vector<OutlineWake>>> OutlineReader::read() {
  if (ended_) {
    return std::nullopt;
  }
  for (int count = 0; count < kLinesAtOnce; ++count) {
    const auto line = lines_.next();
    if (!line) {
      return tl::unexpected(line.error());
    }
    if (!*line) {
      calls_.finish();
      outline_.finish();
      ended_ = true;
      break;
    }
    calls_.line(**line);
  }
  return outline_.take();
}

Result<bool> GraphReader::read(TraceSink& sink) {
  for (int count = 0; count < kLinesAtOnce; ++count) {
    const auto line = lines_.next();
    if (!line) {
      return tl::unexpected(line.error());
    }
    if (!*line) {
      calls_.finish();
      if (Result<void> done = hand_on(sink, true); !done) {
        return tl::unexpected(done.error());
      }
      return false;
    }
    calls_.line(**line);
  }
  if (Result<void> done = hand_on(sink, false); !done) {
    return tl::unexpected(done.error());
  }
  return true;
}

Result<void> GraphReader::hand_on(TraceSink& sink, bool all) {
  if (!std::exchange(told_, true)) {
    TraceInfo info;
    info.form = "function_graph text";
    info.clock = calls_.timed() ? TraceClock::unknown : TraceClock::none;
    info.resolution_ns = calls_.timed() ? 1000 : 0;
    if (Result<void> done = sink.about(info); !done) {
      return done;
    }
  }
  return events_.queue().release(sink, all);
}

std::vector<std::string> GraphReader::problems() const {
  std::vector<std::string> all = calls_.problems();
  for (std::string& problem : events_.problems()) {
    all.push_back(std::move(problem));
  }
  return all;
}

std::vector<std::string> GraphReader::remarks() const {
  std::vector<std::string> all;
  if (const std::uint64_t wakings = events_.queue().wakings_left_out(); wakings > 0) {
    all.push_back(fmt::format(
        "whom {} wakings of KVM or of workqueues woke is not certain from functions: left out",
        wakings));
  }
  if (const std::uint64_t events = events_.queue().tasks_unknown(); events > 0) {
    all.push_back(fmt::format(
        "which thread ran is not told before the first switch of a CPU: {} events are left out",
        events));
  }
  return all;
}

}  // namespace wakepath::foreign::graph
