// SPDX-License-Identifier: GPL-2.0-or-later
// A watch on a terminal: between two looks at the host it takes the keys, and draws.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "cli/interrupt.hpp"
#include "screen/terminal/display.hpp"
#include "screen/watch.hpp"

namespace wakepath::cli {

class WatchSession {
 public:
  using Clock = std::chrono::steady_clock;
  // Takes the terminal. Errors as Display::open().
  static Result<std::unique_ptr<WatchSession>> open(std::string title,
                                                    std::vector<std::string> about, bool color);
  // The rights that are not needed are gone.
  void start() { display_->start(); }
  void show(screen::WatchLook look) {
    screen_.show(std::move(look));
    due_ = true;
  }
  // False: it is over, because the user quits, the terminal is gone, or an end is asked for.
  bool wait(Clock::time_point until, const Interrupt& interrupt);
  // Takes the keys, and draws where there is something new, for a caller that waits for something
  // else. False: it is over, as above.
  bool round();

 private:
  WatchSession(std::unique_ptr<screen::Display> display, screen::WatchScreen screen)
      : display_(std::move(display)), screen_(std::move(screen)) {}

  std::unique_ptr<screen::Display> display_;
  screen::WatchScreen screen_;
  bool due_{true};  // to be drawn
};

}  // namespace wakepath::cli
