// SPDX-License-Identifier: GPL-2.0-or-later
// `replay --screen`: a walk through a recording in time.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/given_again.hpp"
#include "cli/interrupt.hpp"
#include "cli/reading.hpp"
#include "cli/result_view.hpp"
#include "cli/screen_session.hpp"
#include "cli/wake_saver.hpp"
#include "screen/walk.hpp"

namespace wakepath::cli {

namespace {

using Clock = std::chrono::steady_clock;
using screen::Wish;

class Player {
 public:
  // `saver`: may be null.
  Player(const ReplayArguments& arguments, GivenAgain files, ScreenSession& session,
         const Interrupt& interrupt, WakeSaver* saver)
      : arguments_(arguments),
        files_(std::move(files)),
        session_(session),
        interrupt_(interrupt),
        saver_(saver) {}

  Result<void> begin(std::unique_ptr<InputSource> source) {
    walk_.reset();
    source_ = std::move(source);
    PipelineOptions options = pipeline_options();
    options.stopped = [this] { return interrupt_.asked(); };
    walk_ = std::make_unique<screen::Walk>(*source_, session_.screen(), std::move(options));
    return {};
  }

  // Until the user quits.
  void run() {
    auto last = Clock::now();
    while (!quit_ && !interrupt_.asked() && !session_.closed()) {
      const auto now = Clock::now();
      go_on(std::chrono::duration<double, std::nano>(now - last).count());
      last = now;
      session_.screen().set_playback({playing_, walk_->ended(), speed_, walk_->at_ns()});
      for (const Wish wish : session_.round()) {
        take(wish);
      }
      if (saver_ != nullptr) {
        save_on();
      }
      const bool busy =
          (to_ns_ > walk_->at_ns() && !walk_->ended()) || (saver_ != nullptr && saver_->is_busy());
      session_.wait(std::chrono::milliseconds(busy ? 0 : playing_ ? 40 : 200));
    }
  }

  [[nodiscard]] const InputSource& source() const { return *source_; }
  [[nodiscard]] const std::optional<Error>& trouble() const { return trouble_; }
  [[nodiscard]] bool read_all() const { return walk_->ended(); }

 private:
  static constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max() / 4;
  static constexpr std::uint64_t kLeap = 6'000'000'000;
  static constexpr std::chrono::milliseconds kSlice{40};  // keys wait no longer

  void go_on(double elapsed_ns) {
    const auto until = Clock::now() + kSlice;
    if (playing_ && to_ns_ <= walk_->at_ns()) {
      to_ns_ = walk_->at_ns() + static_cast<std::uint64_t>(elapsed_ns * speed_);
    }
    if (to_ns_ <= walk_->at_ns() && began_) {
      return;
    }
    began_ = true;
    keep(walk_->advance(to_ns_, [&] { return Clock::now() < until && !interrupt_.asked(); }));
    if (walk_->ended()) {
      to_ns_ = walk_->at_ns();
    }
  }

  void keep(const Result<void>& done) {
    if (!done && done.error().kind != ErrorKind::interrupted) {
      session_.screen().say(done.error().message);
      trouble_ = trouble_ ? trouble_ : std::optional(done.error());
    }
  }

  void go_back_to(std::uint64_t ns) {
    auto given = files_.from_begin();
    if (!given) {
      session_.screen().say(given.error().message);
      return;
    }
    auto source = read_given(std::move(*given), interrupt_);
    if (!source) {
      // Its reader is a program, and none may be started any more.
      session_.screen().say("this file can't be read again: there is no way back");
      return;
    }
    session_.screen().restart();
    static_cast<void>(begin(std::move(*source)));
    began_ = false;
    to_ns_ = ns;
  }

  // The next wake, while nothing plays.
  void step() {
    playing_ = false;
    const auto until = Clock::now() + std::chrono::seconds(1);
    keep(walk_->step([&] { return Clock::now() < until && !interrupt_.asked(); }));
    to_ns_ = walk_->at_ns();
  }

  void take(Wish wish) {
    const std::uint64_t at = walk_->at_ns();
    constexpr double kFastest = 1024;
    switch (wish) {
      case Wish::quit:
        quit_ = true;
        break;
      case Wish::play:
        playing_ = !playing_;
        to_ns_ = at;
        break;
      case Wish::step:
        step();
        break;
      case Wish::faster:
        speed_ = std::min(speed_ * 2, kFastest);
        break;
      case Wish::slower:
        speed_ = std::max(speed_ / 2, 1 / kFastest);
        break;
      case Wish::forward:
        to_ns_ = at + kLeap;
        break;
      case Wish::back:
        go_back_to(at - std::min(at, kLeap));
        break;
      case Wish::to_begin:
        go_back_to(0);
        break;
      case Wish::to_end:
        to_ns_ = kEnd;
        break;
      case Wish::to_file:
        tell_command("--format ndjson ");
        break;
      case Wish::save:
        save();
        break;
      case Wish::record:
        session_.screen().say("it is a recording already; w saves the chosen wake");
        break;
      case Wish::nothing:
        break;
    }
    session_.refresh();
  }

  [[nodiscard]] PipelineOptions pipeline_options() const {
    PipelineOptions options = arguments_.view.pipeline;
    options.interval_ns = options.interval_ns == 0 ? 1'000'000'000 : options.interval_ns;
    return options;
  }

  void save() {
    const screen::KeptWake wake = session_.screen().chosen_wake();
    session_.screen().say(saver_ == nullptr
                              ? std::string("to save this wake: replay --screen --save DIR")
                          : !wake ? std::string("no wake of this line is kept")
                                  : saver_->save(wake, pipeline_options()));
  }

  void save_on() {
    const auto until = Clock::now() + kSlice;
    saver_->advance([&] { return Clock::now() < until && !interrupt_.asked(); },
                    [this](const std::string& text) {
                      session_.screen().say(text);
                      session_.refresh();
                    });
  }

  void tell_command(const std::string& options) {
    const screen::KeptWake wake = session_.screen().chosen_wake();
    session_.screen().say(
        wake ? fmt::format("wakepath replay {} {}--wake {}", arguments_.file, options, wake->id)
             : std::string("no wake of this line is kept"));
  }

  const ReplayArguments& arguments_;
  GivenAgain files_;
  ScreenSession& session_;
  const Interrupt& interrupt_;
  WakeSaver* saver_;
  std::unique_ptr<InputSource> source_;
  std::unique_ptr<screen::Walk> walk_;
  std::optional<Error> trouble_;
  bool playing_{true}, began_{false}, quit_{false};
  double speed_{1};
  std::uint64_t to_ns_{0};  // where it goes
};

}  // namespace

Result<ExitCode> screen_replay(const ReplayArguments& arguments, Console& console) {
  // A wake that is being saved is to be whole.
  const Interrupt interrupt(arguments.save.empty() ? Interrupt::soon()
                                                   : std::chrono::milliseconds());
  std::unique_ptr<WakeSaver> saver;
  if (!arguments.save.empty()) {
    WAKEPATH_TRY(saver, WakeSaver::start(arguments.save));
  }
  WAKEPATH_TRY(foreign::GivenFiles given, open_files_to_print(arguments.file, arguments.kallsyms));
  GivenAgain again(given);
  if (saver) {
    saver->read_from(GivenAgain(given, true), interrupt);
  }
  screen::ScreenOptions options;
  options.title = "wakepath replay";
  options.ascii = arguments.view.ascii;
  options.target_ns = arguments.view.pipeline.target_ns == 0 ? options.target_ns
                                                             : arguments.view.pipeline.target_ns;
  WAKEPATH_TRY(auto session,
               ScreenSession::open(options, is_colored(arguments.view.color, console)));
  WAKEPATH_TRY(auto source, read_given(std::move(given), interrupt));
  session->start();
  Player player(arguments, std::move(again), *session, interrupt, saver.get());
  WAKEPATH_CHECK(player.begin(std::move(source)));
  player.run();
  session.reset();  // before anything is said
  ExitCode code = player.trouble() ? console.report(*player.trouble()) : ExitCode::ok;
  if (saver) {
    code = more_severe(code, saver->finish([&](const std::string& text) { console.say(text); }));
  }
  for (const std::string& remark : player.source().remarks()) {
    console.say(arguments.file + ": " + remark);
  }
  if (player.read_all()) {
    for (const std::string& problem : player.source().problems()) {
      console.say(arguments.file + ": " + problem);
      code = more_severe(code, ExitCode::bad_input);
    }
  }
  return code;
}

}  // namespace wakepath::cli
