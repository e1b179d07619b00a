// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/graph/graph_reader.hpp"

#include <utility>

#include <fmt/format.h>

namespace wakepath::foreign::graph {

namespace {

constexpr int kLinesAtOnce = 20'000;

// Up to some thousands of lines. False: nothing follows.
Result<bool> read_lines(LineReader& lines, CallTree& calls) {
  foreign::Line line;
  for (int count = 0; count < kLinesAtOnce; ++count) {
    if (count != 0 && lines.waits(0)) {
      return true;
    }
    if (!lines.next(line)) {
      calls.finish();
      return lines.error() ? Result<bool>(tl::unexpected(*lines.error())) : Result<bool>(false);
    }
    calls.line(line);
  }
  return true;
}

std::vector<std::string> all_problems(const LineReader& lines, const CallTree& calls) {
  std::vector<std::string> all = calls.problems();
  for (std::string& problem : lines.source().problems()) {
    all.push_back(std::move(problem));
  }
  return all;
}

}  // namespace

std::vector<std::string> OutlineReader::problems() const { return all_problems(lines_, calls_); }

Result<std::optional<std::vector<OutlineWake>>> OutlineReader::read() {
  if (ended_) {
    return std::nullopt;
  }
  const Result<bool> more = read_lines(lines_, calls_);
  if (!more) {
    return tl::unexpected(more.error());
  }
  if (!*more) {
    outline_.finish();
    ended_ = true;
  }
  return outline_.take();
}

Result<bool> GraphReader::read(TraceSink& sink) {
  Result<bool> more = read_lines(lines_, calls_);
  // What was read before an error stands.
  if (Result<void> done = hand_on(sink, !more || !*more); !done) {
    return tl::unexpected(done.error());
  }
  return more;
}

Result<void> GraphReader::hand_on(TraceSink& sink, bool all) {
  if (!all && !events_.queue().full()) {
    return {};  // the longer it waits, the more it knows to tell
  }
  if (!std::exchange(told_, true)) {
    TraceInfo info;
    info.form = "function_graph text";
    info.clock = calls_.timed() ? TraceClock::unknown : TraceClock::none;
    info.resolution_ns = calls_.timed() ? 1000 : 0;
    info.arch = events_.arch();
    if (Result<void> done = sink.about(info); !done) {
      return done;
    }
  }
  return events_.queue().release(sink, all);
}

std::vector<std::string> GraphReader::problems() const {
  std::vector<std::string> all = all_problems(lines_, calls_);
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
