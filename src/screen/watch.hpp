// SPDX-License-Identifier: GPL-2.0-or-later
// The screen of `irqs --watch` and `audit --watch`, without a terminal: looks at the host and keys
// go in, cells come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "screen/cells.hpp"
#include "screen/key.hpp"

namespace wakepath::screen {

struct WatchColumn {
  std::string title;
  std::size_t width{};  // 0: what the others leave; one column has it
  bool right{false};
  std::optional<std::size_t> order{};  // of WatchLook::orders, which sorts by it
  std::size_t least{0};                // the terminal's columns from which on it is there
};

// Texts may be from outside: they are escaped where they are drawn.
struct WatchRow {
  std::string id;  // stays the same from look to look
  std::vector<std::string> texts;
  std::vector<double> order;  // one for each of WatchLook::orders; the largest stands first
  Style style{Style::plain};
  std::vector<std::string> detail{};
};

// What is to be shown after a look at the host.
struct WatchLook {
  std::string head;     // the first line
  std::string verdict;  // the second one
  Style verdict_style{Style::good};
  std::vector<WatchColumn> columns;
  std::vector<std::string> orders;
  std::vector<WatchRow> rows;
  std::deque<std::string> changes;  // the newest first
};

class WatchScreen {
 public:
  // `title`: "wakepath irqs"; `about`: lines of the help that are this command's.
  WatchScreen(std::string title, std::vector<std::string> about, bool ascii)
      : title_(std::move(title)), about_(std::move(about)), ascii_(ascii) {}

  void show(WatchLook look);
  // False: the user quits.
  bool key(const Key& key);
  Cells draw(Size size);

 private:
  bool command(char32_t code);
  void move_to(std::ptrdiff_t index);
  void gather();
  void draw_rows(std::size_t row, std::size_t lines, Cells& cells);
  void draw_detail(std::size_t row, std::size_t lines, Cells& cells) const;
  void draw_changes(std::size_t row, std::size_t lines, Cells& cells) const;
  void draw_help(std::size_t row, std::size_t lines, Cells& cells) const;
  void draw_end(std::size_t row, Cells& cells) const;

  std::string title_;
  std::vector<std::string> about_;
  bool ascii_;
  WatchLook look_;
  std::optional<WatchLook> next_;  // came while it is paused
  bool paused_{false}, help_{false}, typing_{false};
  std::string filter_;
  std::size_t order_{0};
  std::string chosen_;  // empty: the first, whichever it is
  std::size_t index_{0}, top_{0};
  std::size_t page_{10}, first_row_{4};
  std::vector<const WatchRow*> rows_;  // that match the filter, in order
};

}  // namespace wakepath::screen
