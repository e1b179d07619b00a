// SPDX-License-Identifier: GPL-2.0-or-later
// The screen on a terminal: what a program that feeds it does now and then.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "cli/console.hpp"
#include "screen/screen.hpp"
#include "screen/terminal/display.hpp"

namespace wakepath::cli {

// Somebody looks on who can press keys.
bool can_show_screen(const Console& console);

class ScreenSession {
 public:
  // Takes the terminal. Errors as Display::open().
  static Result<std::unique_ptr<ScreenSession>> open(screen::ScreenOptions options, bool color);
  // The rights that are not needed are gone.
  void start() { display_->start(); }

  // Gives the terminal back. The screen stays, for what feeds it.
  void close() { display_.reset(); }
  screen::Screen& screen() { return screen_; }
  // Takes the keys, and draws where they or the time ask for it: a drawing takes a few
  // milliseconds, and whatever the terminal does holds nobody up. What the keys ask of the caller.
  std::vector<screen::Wish> round();
  // The next round draws.
  void refresh() { due_ = true; }
  // Until there are keys, or for so long.
  void wait(std::chrono::milliseconds longest) const;
  // The terminal is gone.
  [[nodiscard]] bool closed() const { return display_->closed(); }

 private:
  using Clock = std::chrono::steady_clock;
  ScreenSession(std::unique_ptr<screen::Display> display, screen::ScreenOptions options)
      : display_(std::move(display)), screen_(std::move(options)) {}

  std::unique_ptr<screen::Display> display_;
  screen::Screen screen_;
  Clock::time_point drawn_{};
  bool due_{true};
};

}  // namespace wakepath::cli
