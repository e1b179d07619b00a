// SPDX-License-Identifier: GPL-2.0-or-later
// A terminal that shows cells and reads keys. It alone, with its source, sees ncurses. All calls
// come from one thread.
#pragma once

#include <memory>
#include <optional>

#include "screen/cells.hpp"
#include "screen/key.hpp"
#include "wakepath/result.hpp"

namespace wakepath::screen {

class Terminal {
 public:
  // Takes standard output, and standard input or else the terminal that controls the process.
  // Errors: unsupported: it is no terminal, or of a kind that is not known.
  static Result<std::unique_ptr<Terminal>> open(bool color);
  // As it was before.
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // The locale has no UTF-8: nothing but ASCII can be shown.
  [[nodiscard]] bool ascii() const;
  // As it is now.
  Size size();
  void show(const Cells& cells);
  // The descriptor that keys come from.
  [[nodiscard]] int descriptor() const;
  // nullopt: none waits.
  std::optional<Key> key();
  // Everything anew: something else wrote on it.
  void redraw();
  // Gives the terminal back, stops the process as Ctrl-Z does, and takes it again.
  void stop();
  // It is gone.
  [[nodiscard]] bool closed() const;
  // Without ncurses, for an end while it hangs.
  void put_back_mode() const;

 private:
  struct Curses;
  explicit Terminal(std::unique_ptr<Curses> curses);
  std::unique_ptr<Curses> curses_;
};

}  // namespace wakepath::screen
