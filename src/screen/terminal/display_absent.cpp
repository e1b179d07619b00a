// SPDX-License-Identifier: GPL-2.0-or-later
// Built without ncurses: there is no screen.
#include "screen/terminal/display.hpp"

#include <utility>

namespace wakepath::screen {

struct Display::Shared {};

Display::Display(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
Display::~Display() = default;

bool Display::built() { return false; }

Result<std::unique_ptr<Display>> Display::open(bool /*color*/) {
  return fail(ErrorKind::unsupported, "this wakepath was built without ncurses: it has no screen",
              "leave out --screen");
}

void Display::start() {}
bool Display::ascii() const { return true; }
Size Display::size() const { return {}; }
void Display::show(Cells cells) { const Cells dropped = std::move(cells); }
std::vector<Key> Display::take_keys() { return {}; }
bool Display::take_change() { return false; }
bool Display::closed() const { return true; }
int Display::descriptor() const { return -1; }

}  // namespace wakepath::screen
