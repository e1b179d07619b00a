// SPDX-License-Identifier: GPL-2.0-or-later
// The terminal in a thread of its own: a slow one holds nobody up. It shows the newest cells alone.
#pragma once

#include <memory>
#include <vector>

#include "screen/cells.hpp"
#include "screen/key.hpp"
#include "wakepath/result.hpp"

namespace wakepath::screen {

class Display {
 public:
  // Was wakepath built with a screen?
  static bool built();
  // Opens the terminal, and starts no thread yet: rights that a process gives up go for each thread
  // by itself. Errors as Terminal::open().
  static Result<std::unique_ptr<Display>> open(bool color);
  ~Display();
  // The caller has given up what it has to.
  void start();
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;

  [[nodiscard]] bool ascii() const;
  [[nodiscard]] Size size() const;
  // Returns at once.
  void show(Cells cells);
  std::vector<Key> take_keys();
  // Since it was asked last: the size is another, or everything is to be shown anew.
  bool take_change();
  // The terminal is gone: the program should end.
  [[nodiscard]] bool closed() const;
  // Can be read from when there are keys, or a change.
  [[nodiscard]] int descriptor() const;

 private:
  struct Shared;
  explicit Display(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
};

}  // namespace wakepath::screen
