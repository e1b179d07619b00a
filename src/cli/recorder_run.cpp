// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/recorder_run.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "privilege/command_rights.hpp"
#include "privilege/rights.hpp"
#include "util/count_text.hpp"
#include "util/escape.hpp"
#include "util/output_plan.hpp"

namespace wakepath::cli {

namespace {

// One recording is to leave room for others.
constexpr std::uint64_t kPartOfOne = 4;

std::uint64_t realtime_ns() {
  std::timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

void name_files() {
  if (privilege::has_rights()) {
    privilege::name_files_only();
  }
}

Result<void> make_directory(const std::string& path) {
  if (path == "-") {
    return fail(ErrorKind::usage, "several recordings may be made, and standard output takes one",
                "name a directory");
  }
  struct stat status {};
  if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return cannot_write(path, std::strerror(errno));
  }
  if (::stat(path.c_str(), &status) != 0) {
    return cannot_write(path, std::strerror(errno));
  }
  if (!S_ISDIR(status.st_mode)) {
    return fail(ErrorKind::usage,
                fmt::format("{} is no directory, and several recordings may be made",
                            escape_terminal(path)),
                "name a directory");
  }
  if (::access(path.c_str(), W_OK | X_OK) != 0) {
    return cannot_write(path, std::strerror(errno));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<recorder::StoreProcess>> start_store(
    const recorder::StoreProcess::Options& options, std::optional<recorder::HookProcess> hook) {
  WAKEPATH_CHECK(make_directory(options.directory));
  return recorder::StoreProcess::start(options, std::move(hook), name_files);
}

Result<std::unique_ptr<RecorderRun>> RecorderRun::start(const RecorderArguments& arguments,
                                                        const std::string& directory,
                                                        Console& console) {
  std::unique_ptr<RecorderRun> run(new RecorderRun(console, directory));
  if (arguments.on.size() > TriggerFact::kMostConditions ||
      std::ranges::any_of(arguments.on, [](const std::string& text) {
        return text.size() > TriggerFact::kLongestCondition;
      })) {
    return fail(ErrorKind::usage,
                fmt::format("--on takes at most {} conditions of at most {} characters",
                            TriggerFact::kMostConditions, TriggerFact::kLongestCondition),
                "join names by a pattern: 'vm == web* and total > 200us'");
  }
  for (const std::string& text : arguments.on) {
    WAKEPATH_TRY(analysis::Trigger trigger, analysis::Trigger::parse(text));
    run->options_.triggers.push_back(std::move(trigger));
  }
  run->options_.before_ns = static_cast<std::uint64_t>(arguments.before.count());
  run->options_.after_ns = static_cast<std::uint64_t>(arguments.after.count());
  run->options_.every_ns = static_cast<std::uint64_t>(arguments.every.count());
  run->limit_ = arguments.max_bytes;
  run->options_.memory_bytes = arguments.memory;
  run->options_.most_dump_bytes = arguments.max_bytes / kPartOfOne;
  std::optional<recorder::HookProcess> hook;
  if (!arguments.exec.empty()) {
    WAKEPATH_TRY(hook, recorder::HookProcess::start(arguments.exec));
  }
  WAKEPATH_TRY(run->store_,
               start_store({directory, arguments.max_files, arguments.max_bytes, arguments.memory},
                           std::move(hook)));
  return run;
}

Result<RecordSink*> RecorderRun::before(RecordSink& next) {
  WAKEPATH_TRY(recorder_,
               recorder::FlightRecorder::create(std::move(options_), *store_, next, realtime_ns));
  return recorder_.get();
}

void RecorderRun::wake(const WakeChain& chain) { recorder_->wake(chain); }

void RecorderRun::tell(const std::vector<recorder::StoreNews>& news, const Say& say) {
  using Kind = recorder::StoreNews::Kind;
  for (const recorder::StoreNews& one : news) {
    switch (one.kind) {
      case Kind::kept:
        kept_ = one.files;
        bytes_ = one.bytes;
        say(fmt::format("kept {}: {}", one.path, one.text));
        break;
      case Kind::let_go:
        kept_ = one.files;
        bytes_ = one.bytes;
        say(fmt::format("let go of {}: the room is for worse ones", one.path));
        break;
      case Kind::failed:
        recorder_->give_up(one.number);
        code_ = more_severe(code_, ExitCode::bad_output);
        say(fmt::format("could not keep {}: {}; the capture goes on", one.path, one.text));
        break;
      case Kind::no_hook:
        say(fmt::format("{}: {}", one.path, one.text));
        break;
    }
  }
}

Result<void> RecorderRun::poll(const Say& say) {
  if (SaveRequest::taken()) {
    save();
  }
  WAKEPATH_TRY(const auto news, store_->poll());
  tell(news, say);
  return {};
}

ExitCode RecorderRun::finish() {
  if (const auto done = recorder_->finish(); !done) {
    code_ = more_severe(code_, console_.report(done.error()));
  }
  const auto news = store_->finish();
  if (news) {
    tell(*news, [this](const std::string& text) { console_.say(text); });
  } else {
    code_ = more_severe(code_, console_.report(news.error()));
  }
  const std::uint64_t breaches = recorder_->breaches();
  std::string text = fmt::format("{} breach{}, {} in {}", breaches, breaches == 1 ? "" : "es",
                                 count_text(kept_, "recording"), directory_);
  if (recorder_->left_out() != 0) {
    text += fmt::format("; {} within --every of another", recorder_->left_out());
  }
  console_.say(text);
  return code_;
}

}  // namespace wakepath::cli
