// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/progress_model.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "present/view.hpp"
#include "util/escape.hpp"

namespace wakepath::cli {

namespace {

using Time = ProgressModel::Time;
using Unit = WorkDone::Unit;

constexpr std::string_view kToLineBegin = "\r";
constexpr std::string_view kEraseToLineEnd = "\x1b[K";

double seconds_of(Time time) { return std::chrono::duration<double>(time).count(); }

// "873 B", "41.3 MB"
std::string bytes_text(double bytes) {
  constexpr std::array<std::string_view, 4> kUnits{"kB", "MB", "GB", "TB"};
  constexpr double kStep = 1000;
  if (bytes < kStep) {
    return fmt::format("{:.0f} B", bytes);
  }
  std::size_t unit = 0;
  for (bytes /= kStep; bytes >= kStep && unit + 1 < kUnits.size(); bytes /= kStep) {
    ++unit;
  }
  return fmt::format("{:.{}f} {}", bytes, bytes < 100 ? 1 : 0, kUnits.at(unit));
}

// "11 s", "2 min 05 s", "1 h 05 min"
std::string time_text(Time time) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 3600;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  if (seconds < kMinute) {
    return fmt::format("{} s", seconds);
  }
  if (seconds < kHour) {
    return fmt::format("{} min {:02} s", seconds / kMinute, seconds % kMinute);
  }
  return fmt::format("{} h {:02} min", seconds / kHour, seconds % kHour / kMinute);
}

// Some may be read that was not there when the work began: then nobody knows how much there is.
bool has_share(const WorkDone& work) { return work.of && *work.of != 0 && work.done <= *work.of; }

double share_of(const WorkDone& work) {
  return static_cast<double>(work.done) / static_cast<double>(*work.of);
}

unsigned percent_of(const WorkDone& work) { return static_cast<unsigned>(share_of(work) * 100); }

// "[=====>    ]", `width` columns with both ends.
std::string bar_text(const WorkDone& work, std::size_t width) {
  const std::size_t room = width - 2;
  const auto full = static_cast<std::size_t>(share_of(work) * static_cast<double>(room));
  std::string text = "[" + std::string(full, '=');
  text += full < room ? ">" : "";
  text.resize(width - 1, ' ');
  return text + "]";
}

}  // namespace

double ProgressModel::rate() const {
  const Sample& first = samples_.front();
  const Sample& last = samples_.back();
  return last.at > first.at && last.done > first.done
             ? static_cast<double>(last.done - first.done) / seconds_of(last.at - first.at)
             : 0;
}

std::optional<Time> ProgressModel::rest(const WorkDone& work) const {
  if (!has_share(work)) {
    return std::nullopt;
  }
  const auto left = static_cast<double>(*work.of - work.done);
  if (work.unit == Unit::nanoseconds) {
    return Time(static_cast<Time::rep>(left));
  }
  constexpr double kLongest = 1e8;  // some years, in seconds
  const double seconds = rate() == 0 ? kLongest : left / rate();
  return seconds < kLongest ? std::optional(std::chrono::duration_cast<Time>(
                                  std::chrono::duration<double>(seconds)))
                            : std::nullopt;
}

void ProgressModel::sample(const WorkDone& work, Time now) {
  constexpr Time kWindow = std::chrono::seconds(15);
  samples_.push_back({now, work.done});
  while (samples_.size() > 2 && now - samples_[1].at >= kWindow) {
    samples_.pop_front();
  }
}

std::string ProgressModel::bar(const WorkDone& work, Time now, std::size_t columns) const {
  constexpr std::size_t kLeastBar = 12;
  constexpr std::size_t kMostBar = 42;
  constexpr std::size_t kLeastName = 8;
  // In the last column some terminals go on in the next line.
  const std::size_t room = columns - std::min<std::size_t>(columns, 1);
  // From the one that stays longest where the terminal is narrow, to the first to go.
  std::vector<std::string> parts;
  if (has_share(work)) {
    parts.push_back(fmt::format("{:3}%", percent_of(work)));
  }
  const std::optional<Time> left = rest(work);
  parts.push_back(left ? time_text(*left) + " left" : time_text(now));
  if (!work.note.empty()) {
    parts.push_back(escape_terminal(work.note));
  } else if (work.unit == Unit::bytes) {
    if (rate() != 0) {
      parts.push_back(bytes_text(rate()) + "/s");
    }
    if (work.done != 0) {
      parts.push_back(bytes_text(static_cast<double>(work.done)) +
                      (has_share(work) ? " of " + bytes_text(static_cast<double>(*work.of)) : ""));
    }
  }
  std::string text;
  for (const std::string& part : parts) {
    const std::size_t before = text.empty() ? 0 : present::columns_of(text) + 2;
    if (before + present::columns_of(part) > room) {
      break;
    }
    text += (text.empty() ? "" : "  ") + part;
  }
  std::size_t spare = room - std::min(room, present::columns_of(text));
  if (text.empty()) {
    return text;
  }
  const std::string name = escape_terminal(work.what);
  std::string lead;
  if (spare >= kLeastName + 2) {
    // A long name leaves room for the bar.
    const bool beside_bar = has_share(work) && spare >= kLeastName + 2 + kLeastBar + 2;
    lead = present::shorten(name, beside_bar ? spare - kLeastBar - 4 : spare - 2) + "  ";
    spare -= present::columns_of(lead);
  }
  if (has_share(work) && spare >= kLeastBar + 2) {
    lead += bar_text(work, std::min(spare - 2, kMostBar)) + "  ";
  }
  return lead + text;
}

std::string ProgressModel::line(const WorkDone& work, Time now) const {
  std::string text = work.what + ":";
  text += has_share(work) ? fmt::format(" {}%,", percent_of(work)) : "";
  if (work.unit == Unit::bytes && work.done != 0) {
    text += " " + bytes_text(static_cast<double>(work.done));
    text += has_share(work) ? " of " + bytes_text(static_cast<double>(*work.of)) : " read";
    text += ",";
  }
  text += work.note.empty() ? "" : fmt::format(" {},", work.note);
  text += work.unit == Unit::bytes && rate() != 0 ? fmt::format(" {}/s,", bytes_text(rate())) : "";
  const std::optional<Time> left = rest(work);
  return text + " " + (left ? time_text(*left) + " left" : time_text(now));
}

std::string ProgressModel::update(const WorkDone& work, Time now, std::size_t columns) {
  if (form_ == Form::none || now < due_) {
    return {};
  }
  sample(work, now);
  if (form_ == Form::bar) {
    due_ = now + pace_.redraw;
    const std::string text = bar(work, now, columns);
    shown_ = shown_ || !text.empty();
    return text.empty() ? text : fmt::format("{}{}{}", kToLineBegin, text, kEraseToLineEnd);
  }
  due_ = now + pace_.between;
  const unsigned tenth = has_share(work) ? percent_of(work) / 10 : told_tenth_;
  if (tenth <= told_tenth_ && now - told_ < pace_.line) {
    return {};
  }
  told_ = now;
  told_tenth_ = tenth;
  ++lines_;
  return line(work, now);
}

std::string ProgressModel::wipe() {
  return std::exchange(shown_, false) ? fmt::format("{}{}", kToLineBegin, kEraseToLineEnd)
                                      : std::string();
}

std::string ProgressModel::end(const WorkDone& work, Time now) {
  if (form_ != Form::lines || lines_ == 0) {
    return {};
  }
  std::string text = work.what + ":";
  if (work.unit == Unit::bytes && work.done != 0) {
    const auto bytes = static_cast<double>(work.done);
    text += fmt::format(" {} read, {}/s,", bytes_text(bytes), bytes_text(bytes / seconds_of(now)));
  }
  text += work.note.empty() ? "" : fmt::format(" {},", work.note);
  return text + " in " + time_text(now);
}

}  // namespace wakepath::cli
