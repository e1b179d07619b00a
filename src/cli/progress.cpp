// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/progress.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <string_view>
#include <utility>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/console.hpp"

namespace wakepath::cli {

namespace {

// A line can be overwritten there.
bool can_show_bar(int fd) {
  const char* const kind = std::getenv("TERM");
  return ::isatty(fd) == 1 && kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
}

}  // namespace

Progress::Progress(int err, Say say)
    : err_(err),
      say_(std::move(say)),
      terminal_(err, "standard error"),
      form_(can_show_bar(err) ? ProgressModel::Form::bar : ProgressModel::Form::none) {}

void Progress::results_begin(int out) {
  if (form_ != ProgressModel::Form::bar) {
    return;
  }
  wipe();
  struct stat status {};
  if (::fstat(out, &status) != 0 || S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)) {
    form_ = ProgressModel::Form::none;
    model_.reset();
  }
}

void Progress::begin() {
  wipe();
  model_.reset();
  if (form_ != ProgressModel::Form::none) {
    model_.emplace(form_, pace_);
    start_ = Clock::now();
    set_due();
  }
}

void Progress::tell(const WorkDone& work) {
  if (!model_) {
    return;
  }
  const auto now = Clock::now();
  if (form_ == ProgressModel::Form::bar && in_background()) {
    due_ = now + pace_.redraw;
    return;
  }
  const std::string text = model_->update(work, now - start_, columns());
  set_due();
  if (form_ == ProgressModel::Form::lines && !text.empty()) {
    say_(text);
  } else {
    write(text);
  }
}

void Progress::wipe() {
  if (model_) {
    write(model_->wipe());
  }
}

// Also where memory is short.
void Progress::end(const std::function<WorkDone()>& work) {
  wipe();
  if (model_ && form_ == ProgressModel::Form::lines) {
    try {
      const std::string text = model_->end(work(), Clock::now() - start_);
      if (!text.empty()) {
        say_(text);
      }
    } catch (const std::bad_alloc&) {
      model_.reset();  // the error is told, and the line is not missed
    }
  }
  model_.reset();
}

// A terminal that takes nothing (Ctrl-S) holds nobody up.
void Progress::write(const std::string& text) {
  pollfd room{err_, POLLOUT, 0};
  if (text.empty() || ::poll(&room, 1, 0) != 1) {
    return;
  }
  terminal_.buffer().append(text);
  static_cast<void>(terminal_.flush());
}

std::size_t Progress::columns() const {
  constexpr std::size_t kUsual = 80;
  winsize size{};
  const bool known = ::ioctl(err_, TIOCGWINSZ, &size) == 0 && size.ws_col != 0;
  return known ? size.ws_col : kUsual;
}

bool Progress::in_background() const {
  const pid_t group = ::tcgetpgrp(err_);
  return group > 0 && group != ::getpgrp();
}

ReadProgress::ReadProgress(Console& console, const std::string& file,
                           std::vector<const InputSource*> sources)
    : progress_(console.progress()), sources_(std::move(sources)) {
  set_file(file);
  progress_.begin();
}

ReadProgress::~ReadProgress() {
  progress_.end([this] { return work(); });
}

void ReadProgress::set_file(const std::string& file) {
  file_ = file == "-" ? "standard input" : file;
}

void ReadProgress::tell() { progress_.tell(work()); }

WorkDone ReadProgress::work() const {
  WorkDone work;
  work.what = file_;
  work.of = 0;
  for (const InputSource* const source : sources_) {
    const auto part = source->part().value_or(InputPart{});
    work.done += part.read_bytes;
    work.of = work.of && part.of_bytes ? std::optional(*work.of + *part.of_bytes) : std::nullopt;
  }
  return work;
}

CaptureProgress::CaptureProgress(Console& console, std::optional<std::chrono::nanoseconds> duration,
                                 std::function<std::string()> note)
    : progress_(console.progress()), duration_(duration), note_(std::move(note)) {
  progress_.begin();
}

CaptureProgress::~CaptureProgress() {
  progress_.end([this] { return work(); });
}

void CaptureProgress::tell() { progress_.tell(work()); }

WorkDone CaptureProgress::work() const {
  const auto elapsed = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::steady_clock::now() - start_);
  WorkDone work;
  work.what = "capture";
  work.unit = WorkDone::Unit::nanoseconds;
  work.done = static_cast<std::uint64_t>(elapsed.count());
  if (duration_) {
    work.of = static_cast<std::uint64_t>(duration_->count());
    // The last events are still being read.
    work.done = std::min(work.done, *work.of);
  }
  work.note = note_ ? note_() : std::string();
  return work;
}

}  // namespace wakepath::cli
