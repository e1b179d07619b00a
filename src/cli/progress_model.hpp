// SPDX-License-Identifier: GPL-2.0-or-later
// What is told of long work, and when. No clock and no terminal: the time goes in, text comes out.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace wakepath::cli {

// How far a piece of work is.
struct WorkDone {
  enum class Unit : std::uint8_t { bytes, nanoseconds };

  std::string what;  // "host7.wkp", from outside
  Unit unit{Unit::bytes};
  std::uint64_t done{};
  std::optional<std::uint64_t> of{};  // nullopt: not known
  std::string note{};                 // "12 events, 0 lost"
};

class ProgressModel {
 public:
  enum class Form : std::uint8_t {
    none,
    bar,    // a line of a terminal, which overwrites itself
    lines,  // of a log, now and then
  };
  using Time = std::chrono::nanoseconds;  // since the work began

  struct Pace {
    Time first{std::chrono::seconds(1)};  // what takes less is not told of
    Time redraw{std::chrono::milliseconds(200)};
    Time line{std::chrono::seconds(10)};  // of the log, at the latest; at once at each tenth
    Time between{std::chrono::seconds(1)};
  };

  explicit ProgressModel(Form form) : ProgressModel(form, Pace()) {}
  ProgressModel(Form form, const Pace& pace) : form_(form), pace_(pace), due_(pace.first) {}

  [[nodiscard]] Form form() const { return form_; }
  // Before this update() tells nothing.
  [[nodiscard]] Time due() const { return due_; }

  // What is to be written now. Of a bar: it goes to a terminal of so many columns, and its cursor
  // stays in the line. Of lines: one, without its end. Empty: nothing.
  std::string update(const WorkDone& work, Time now, std::size_t columns);
  // Of a bar: makes its line free for another. Empty: there is none.
  std::string wipe();
  // Of lines: the last one, if there was one before. The bar is wiped by wipe().
  std::string end(const WorkDone& work, Time now);

 private:
  struct Sample {
    Time at{};
    std::uint64_t done{};
  };
  // Of the last seconds, for a file is not alike everywhere. 0: not known.
  [[nodiscard]] double rate() const;
  [[nodiscard]] std::optional<Time> rest(const WorkDone& work) const;
  void sample(const WorkDone& work, Time now);
  [[nodiscard]] std::string bar(const WorkDone& work, Time now, std::size_t columns) const;
  [[nodiscard]] std::string line(const WorkDone& work, Time now) const;

  Form form_;
  Pace pace_;
  Time due_;
  std::deque<Sample> samples_{Sample{}};
  bool shown_{false};       // the bar stands in its line
  std::size_t lines_{0};    // so many were told
  Time told_{};             // when the last was
  unsigned told_tenth_{0};  // of which tenth it told
};

}  // namespace wakepath::cli
