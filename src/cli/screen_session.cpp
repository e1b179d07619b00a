// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/screen_session.hpp"

#include <cstdlib>
#include <string_view>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace wakepath::cli {

bool can_show_screen(const Console& console) {
  const char* const kind = std::getenv("TERM");
  return screen::Display::built() && console.is_terminal() && ::isatty(STDIN_FILENO) == 1 &&
         kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
}

Result<std::unique_ptr<ScreenSession>> ScreenSession::open(screen::ScreenOptions options,
                                                           bool color) {
  WAKEPATH_TRY(auto display, screen::Display::open(color));
  options.ascii = options.ascii || display->ascii();
  return std::unique_ptr<ScreenSession>(new ScreenSession(std::move(display), std::move(options)));
}

std::vector<screen::Wish> ScreenSession::round() {
  constexpr std::chrono::milliseconds kPace{200};
  std::vector<screen::Wish> wishes;
  for (const screen::Key& key : display_->take_keys()) {
    due_ = true;
    if (const screen::Wish wish = screen_.key(key); wish != screen::Wish::nothing) {
      wishes.push_back(wish);
    }
  }
  due_ = display_->take_change() || due_;
  if (const auto now = Clock::now(); due_ || now - drawn_ >= kPace) {
    display_->show(screen_.draw(display_->size()));
    drawn_ = now;
    due_ = false;
  }
  return wishes;
}

void ScreenSession::wait(std::chrono::milliseconds longest) const {
  pollfd keys{display_->descriptor(), POLLIN, 0};
  ::poll(&keys, 1, static_cast<int>(longest.count()));
}

}  // namespace wakepath::cli
