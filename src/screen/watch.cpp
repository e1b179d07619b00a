// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/watch.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "present/bars.hpp"
#include "present/view.hpp"
#include "screen/draw.hpp"
#include "screen/typed_text.hpp"
#include "util/escape.hpp"

namespace wakepath::screen {

namespace {

// What follows the line has no room.
std::string ending_in_ellipsis(std::string line, std::size_t room) {
  while (present::columns_of(line) + 2 > room) {
    const std::size_t blank = line.find_last_of(' ');
    if (blank == std::string::npos || line.find_first_not_of(' ') > blank) {
      return present::shorten(line + "…", room);
    }
    line.erase(blank);
  }
  return line + " …";
}

}  // namespace

void WatchScreen::show(WatchLook look) {
  if (paused_) {
    next_ = std::move(look);
    return;
  }
  rows_.clear();  // they point into what goes
  look_ = std::move(look);
  gather();
}

// The chosen row is found again by its id, wherever it stands by now.
void WatchScreen::gather() {
  rows_.clear();
  for (const WatchRow& row : look_.rows) {
    const auto matches = [this](const std::string& text) { return holds(text, filter_); };
    if (filter_.empty() || std::ranges::any_of(row.texts, matches)) {
      rows_.push_back(&row);
    }
  }
  std::ranges::stable_sort(rows_, [this](const WatchRow* a, const WatchRow* b) {
    return a->order.at(order_) > b->order.at(order_);
  });
  const auto found = std::ranges::find(rows_, chosen_, &WatchRow::id);
  if (chosen_.empty()) {
    index_ = 0;
  } else if (found != rows_.end()) {
    index_ = static_cast<std::size_t>(found - rows_.begin());
  }
  index_ = std::min(index_, rows_.empty() ? 0 : rows_.size() - 1);
}

void WatchScreen::move_to(std::ptrdiff_t index) {
  const auto last = static_cast<std::ptrdiff_t>(rows_.size()) - 1;
  index_ = static_cast<std::size_t>(std::max<std::ptrdiff_t>(std::min(index, last), 0));
  chosen_ = rows_.empty() ? std::string() : rows_[index_]->id;
}

bool WatchScreen::command(char32_t code) {
  const auto at = static_cast<std::ptrdiff_t>(index_);
  switch (code) {
    case U'q':
      return false;
    case U'j':
      move_to(at + 1);
      break;
    case U'k':
      move_to(at - 1);
      break;
    case U's':
      order_ = look_.orders.empty() ? 0 : (order_ + 1) % look_.orders.size();
      gather();
      break;
    case U'/':
      typing_ = true;
      break;
    case U'?':
      help_ = !help_;
      break;
    case U' ':
      paused_ = !paused_;
      if (!paused_ && next_) {
        show(*std::exchange(next_, std::nullopt));
      }
      break;
    default:
      break;
  }
  return true;
}

bool WatchScreen::key(const Key& key) {
  if (key.kind == KeyKind::interrupt) {
    return false;
  }
  const auto at = static_cast<std::ptrdiff_t>(index_);
  const auto page = static_cast<std::ptrdiff_t>(page_);
  switch (key.kind) {
    case KeyKind::up:
    case KeyKind::wheel_up:
      move_to(at - 1);
      return true;
    case KeyKind::down:
    case KeyKind::wheel_down:
      move_to(at + 1);
      return true;
    case KeyKind::page_up:
      move_to(at - page);
      return true;
    case KeyKind::page_down:
      move_to(at + page);
      return true;
    case KeyKind::home:
      move_to(0);
      chosen_.clear();  // the first, whichever that is
      return true;
    case KeyKind::end:
      move_to(static_cast<std::ptrdiff_t>(rows_.size()));
      return true;
    case KeyKind::click:
      if (key.at.row >= first_row_ && key.at.row < first_row_ + page_) {
        move_to(static_cast<std::ptrdiff_t>(top_ + key.at.row - first_row_));
      }
      return true;
    case KeyKind::escape:
      help_ = false;
      typing_ = false;
      filter_.clear();
      gather();
      return true;
    case KeyKind::enter:
      typing_ = false;
      return true;
    default:
      break;
  }
  if (!typing_) {
    return key.kind != KeyKind::character || command(key.code);
  }
  type_into(filter_, key);
  chosen_.clear();
  gather();
  return true;
}

void WatchScreen::draw_rows(std::size_t row, std::size_t lines, Cells& cells) {
  const std::size_t width = cells.size().columns;
  std::vector<std::size_t> widths;
  std::size_t taken = 1;
  for (const WatchColumn& column : look_.columns) {
    const bool there = width >= column.least;
    widths.push_back(there ? column.width : 0);
    taken += there ? column.width + 1 : 0;
  }
  const auto put = [&](std::size_t at, auto text_of, auto style_of) {
    std::size_t left = 1;
    for (std::size_t i = 0; i < look_.columns.size(); ++i) {
      const WatchColumn& column = look_.columns[i];
      if (width < column.least) {
        continue;
      }
      const std::size_t room = column.width == 0 ? width - std::min(width, taken) : widths[i];
      const std::string text = present::shorten(text_of(i), room);
      const std::size_t blanks =
          column.right ? room - std::min(room, present::columns_of(text)) : 0;
      cells.put({at, left + blanks}, text, style_of(i), room - blanks);
      left += room + 1;
    }
  };
  const auto is_order = [this](std::size_t i) { return look_.columns[i].order == order_; };
  put(
      row, [&](std::size_t i) { return look_.columns[i].title + (is_order(i) ? "▼" : ""); },
      [&](std::size_t i) { return is_order(i) ? Style::bold : Style::title; });
  page_ = lines - 1;
  first_row_ = row + 1;
  top_ = std::min(top_, index_);
  top_ = index_ >= top_ + page_ ? index_ - page_ + 1 : top_;
  top_ = std::min(top_, rows_.size() > page_ ? rows_.size() - page_ : 0);
  for (std::size_t i = top_; i < std::min(rows_.size(), top_ + page_); ++i) {
    const WatchRow& one = *rows_[i];
    put(
        first_row_ + i - top_, [&](std::size_t at) { return escape_terminal(one.texts.at(at)); },
        [&](std::size_t) { return one.style; });
  }
  if (rows_.empty()) {
    cells.put({first_row_, 1}, filter_.empty() ? "nothing yet" : "nothing matches the filter",
              Style::dim);
    return;
  }
  const std::size_t at = first_row_ + index_ - top_;
  cells.paint({at, 0}, width, Style::selected);
  cells.put({at, 0}, ">", Style::selected);
}

void WatchScreen::draw_detail(std::size_t row, std::size_t lines, Cells& cells) const {
  const std::size_t width = cells.size().columns;
  draw_rule(row, width, "", cells);
  if (rows_.empty()) {
    return;
  }
  std::vector<std::vector<std::string>> texts;
  std::size_t all = 0;
  for (const std::string& text : rows_[index_]->detail) {
    texts.push_back(lines_of(present::wrapped(escape_terminal(text), width - 2, 2)));
    all += texts.back().size();
  }
  // Where there is no room for all, the longest text gives way, and each keeps a line.
  for (const std::size_t room = lines - 1; all > room; --all) {
    std::vector<std::string>& longest =
        *std::ranges::max_element(texts, {}, &std::vector<std::string>::size);
    if (longest.size() < 2) {
      break;
    }
    longest.pop_back();
    longest.back() = ending_in_ellipsis(std::move(longest.back()), width - 2);
  }
  std::size_t at = row + 1;
  for (const std::vector<std::string>& text : texts) {
    for (const std::string& line : text) {
      if (at < row + lines) {
        cells.put({at++, 1}, line, Style::plain, width - 2);
      }
    }
  }
}

void WatchScreen::draw_changes(std::size_t row, std::size_t lines, Cells& cells) const {
  draw_rule(row, cells.size().columns,
            look_.changes.empty() ? "nothing has changed since the begin" : "changes, newest first",
            cells);
  for (std::size_t i = 0; i < std::min(look_.changes.size(), lines - 1); ++i) {
    cells.put({row + 1 + i, 1},
              present::shorten(escape_terminal(look_.changes[i]), cells.size().columns - 2));
  }
}

void WatchScreen::draw_help(std::size_t row, std::size_t lines, Cells& cells) const {
  std::vector<std::string> all{"up down j k, page, home end, the wheel   move; a click chooses",
                               "/                      only lines that hold this text; esc: all",
                               "s                      sort by:"};
  for (const std::string& order : look_.orders) {
    all.back() += " " + order;
  }
  all.emplace_back("space                  pause: what is shown stays");
  all.emplace_back("?  q                   this help; quit");
  all.emplace_back("");
  all.insert(all.end(), about_.begin(), about_.end());
  std::string text;
  for (const std::string& line : all) {
    text += present::wrapped(line, cells.size().columns, 2);
    text += '\n';
  }
  for (std::size_t i = 0; i < lines && !text.empty(); ++i) {
    const std::size_t end = text.find('\n');
    cells.put({row + i, 0}, text.substr(0, end));
    text.erase(0, end + 1);
  }
}

void WatchScreen::draw_end(std::size_t row, Cells& cells) const {
  if (typing_) {
    cells.put({row, 0}, "filter: " + filter_ + "_", Style::bold);
    return;
  }
  cells.put({row, 0}, "↑↓ move  s sort  / filter  space pause  ? help  q quit", Style::dim);
  if (!filter_.empty()) {
    cells.put_right({row, cells.size().columns}, "only /" + filter_, Style::bold);
  }
}

Cells WatchScreen::draw(Size size) {
  size = {std::min(size.columns, kMostSize.columns), std::min(size.rows, kMostSize.rows)};
  Cells cells(size, ascii_);
  if (draw_too_small(size, cells)) {
    return cells;
  }
  constexpr std::size_t kHeadRows = 3;
  const std::size_t body = size.rows - kHeadRows - 1;
  const std::size_t changes = std::clamp<std::size_t>(body / 5, 4, 10);
  const std::size_t detail = std::clamp<std::size_t>(body / 4, 6, 12);
  cells.put({0, 0}, title_, Style::bold);
  cells.put({0, title_.size() + 2}, escape_terminal(look_.head));
  if (paused_) {
    cells.put_right({0, size.columns}, " PAUSED", Style::warning);
  }
  cells.put({1, 0}, escape_terminal(look_.verdict), look_.verdict_style);
  draw_rule(2, size.columns, "", cells);
  if (help_) {
    draw_help(kHeadRows, body, cells);
  } else {
    const std::size_t table = body - detail - changes;
    draw_rows(kHeadRows, table, cells);
    draw_detail(kHeadRows + table, detail, cells);
    draw_changes(kHeadRows + table + detail, changes, cells);
  }
  draw_end(size.rows - 1, cells);
  return cells;
}

}  // namespace wakepath::screen
