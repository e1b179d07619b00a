// SPDX-License-Identifier: GPL-2.0-or-later
// Progress of long work: a bar on a terminal, lines in a log that asks for them, else nothing.
//   ReadProgress progress(console, file, *source);
//   while (...) { source->pump(sink); progress.tick(); }
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/progress_model.hpp"
#include "present/output.hpp"
#include "wakepath/sources.hpp"

namespace wakepath::cli {

// Standard error's, of which there is one: whatever else is written there wipes the bar first.
class Progress {
 public:
  using Say = std::function<void(const std::string& line)>;

  // `err` stays the caller's. `say` writes a line of the log.
  Progress(int err, Say say);

  // --progress.
  void use_lines() { form_ = ProgressModel::Form::lines; }
  void set_pace(const ProgressModel::Pace& pace) { pace_ = pace; }
  // What is written goes to standard output from here on: a pipe's reader may show it on the same
  // terminal, and no bar may stand in between.
  void results_begin(int out);

  void begin();
  [[nodiscard]] bool due() const { return model_ && Clock::now() >= due_; }
  void tell(const WorkDone& work);
  // Nothing is to be seen of the bar.
  void wipe();
  void end(const std::function<WorkDone()>& work);

 private:
  using Clock = std::chrono::steady_clock;
  void write(const std::string& text);
  [[nodiscard]] std::size_t columns() const;
  // Somebody else has the terminal.
  [[nodiscard]] bool in_background() const;
  void set_due() { due_ = start_ + model_->due(); }

  int err_;
  Say say_;
  present::Output terminal_;
  ProgressModel::Form form_;
  ProgressModel::Pace pace_;
  std::optional<ProgressModel> model_;  // while there is work
  Clock::time_point start_, due_;
};

class Console;

// Of reading, by the bytes of the inputs. It ends with the work.
class ReadProgress {
 public:
  // `sources` must outlive it; what they hold together is the work.
  ReadProgress(Console& console, const std::string& file, std::vector<const InputSource*> sources);
  ReadProgress(Console& console, const std::string& file, const InputSource& source)
      : ReadProgress(console, file, std::vector<const InputSource*>{&source}) {}
  ReadProgress(const ReadProgress&) = delete;
  ReadProgress& operator=(const ReadProgress&) = delete;
  ~ReadProgress();

  // The one that is read now.
  void set_file(const std::string& file);
  // After each piece of the work. It costs a look at the clock.
  void tick() {
    if (progress_.due()) {
      tell();
    }
  }

 private:
  void tell();
  [[nodiscard]] WorkDone work() const;

  Progress& progress_;
  std::string file_;
  std::vector<const InputSource*> sources_;
};

// Of a capture, by its time.
class CaptureProgress {
 public:
  // `note` may be empty; it is asked for where something is told.
  CaptureProgress(Console& console, std::optional<std::chrono::nanoseconds> duration,
                  std::function<std::string()> note = {});
  CaptureProgress(const CaptureProgress&) = delete;
  CaptureProgress& operator=(const CaptureProgress&) = delete;
  ~CaptureProgress();

  void tick() {
    if (progress_.due()) {
      tell();
    }
  }

 private:
  void tell();
  [[nodiscard]] WorkDone work() const;

  Progress& progress_;
  std::optional<std::chrono::nanoseconds> duration_;
  std::function<std::string()> note_;
  std::chrono::steady_clock::time_point start_{std::chrono::steady_clock::now()};
};

}  // namespace wakepath::cli
