// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/watch_session.hpp"

#include <algorithm>
#include <utility>

#include <poll.h>

namespace wakepath::cli {

Result<std::unique_ptr<WatchSession>> WatchSession::open(std::string title,
                                                         std::vector<std::string> about,
                                                         bool color) {
  WAKEPATH_TRY(auto display, screen::Display::open(color));
  screen::WatchScreen screen(std::move(title), std::move(about), display->ascii());
  return std::unique_ptr<WatchSession>(new WatchSession(std::move(display), std::move(screen)));
}

bool WatchSession::round() {
  for (const screen::Key& key : display_->take_keys()) {
    due_ = true;
    if (!screen_.key(key)) {
      return false;
    }
  }
  due_ = display_->take_change() || due_;
  if (std::exchange(due_, false)) {
    display_->show(screen_.draw(display_->size()));
  }
  return !display_->closed();
}

bool WatchSession::wait(Clock::time_point until, const Interrupt& interrupt) {
  using std::chrono::milliseconds;
  constexpr milliseconds kLongest{200};
  while (round() && !interrupt.asked()) {
    const auto now = Clock::now();
    if (now >= until) {
      return true;
    }
    const auto left = std::min(std::chrono::ceil<milliseconds>(until - now), kLongest);
    pollfd keys{display_->descriptor(), POLLIN, 0};
    ::poll(&keys, 1, static_cast<int>(left.count()));
  }
  return false;
}

}  // namespace wakepath::cli
