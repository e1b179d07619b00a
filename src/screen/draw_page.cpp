// SPDX-License-Identifier: GPL-2.0-or-later
// Which part stands where.
#include <algorithm>

#include <fmt/format.h>

#include "screen/draw.hpp"

namespace wakepath::screen {

namespace {

constexpr std::size_t kTop = 3;  // the top line, the verdict, a rule

bool is_text_view(View view) {
  return view == View::steps || view == View::why || view == View::help;
}

void draw_small(Page& page, Size size, Cells& cells) {
  constexpr std::size_t kKept = 2;
  const std::size_t body = size.rows - kTop - 1 - kKept;
  // The table gets what is left of the detail, which is of ten lines to fourteen.
  const std::size_t detail = std::clamp<std::size_t>(body / 2 + 1, 10, 14);
  const Area table{kTop, 0, body - detail, size.columns};
  draw_table(page, table, cells);
  draw_detail(page, {kTop + table.height, 0, detail, size.columns}, cells);
  const std::size_t kept = kTop + body;
  draw_rule(kept, size.columns, "", cells);
  draw_slowest(page, {kept + 1, 0, 1, size.columns}, cells);
}

void draw_large(Page& page, Size size, Cells& cells) {
  constexpr std::size_t kDetail = 12;
  constexpr std::size_t kFindings = 5;
  constexpr std::size_t kSlowest = 7;
  constexpr std::size_t kCpus = 5;
  const std::size_t table_height = size.rows - kTop - kDetail - kFindings - kSlowest - kCpus - 1;
  const std::size_t left = size.columns * 14 / 25;
  std::size_t row = kTop;
  draw_table(page, {row, 0, table_height, left - 1}, cells);
  for (std::size_t i = 0; i < table_height; ++i) {
    cells.put({row + i, left - 1}, "│", Style::dim);
  }
  draw_heat(page, {row, left + 1, table_height, size.columns - left - 1}, cells);
  row += table_height;
  draw_detail(page, {row, 0, kDetail, size.columns}, cells);
  row += kDetail;
  draw_findings(page, {row, 0, kFindings, size.columns}, cells);
  row += kFindings;
  draw_slowest(page, {row, 0, kSlowest, size.columns}, cells);
  row += kSlowest;
  draw_rule(row, size.columns, "", cells);
  const std::size_t half = size.columns / 2;
  draw_cpus(page, {row + 1, 0, kCpus - 1, half - 2}, cells);
  draw_interrupts(page, {row + 1, half, kCpus - 1, size.columns - half}, cells);
}

}  // namespace

Cells draw_page(Page& page, Size size) {
  Cells cells(size, page.ascii);
  if (draw_too_small(size, cells)) {
    return cells;
  }
  constexpr Size kLarge{160, 44};
  draw_top(page, cells);
  draw_verdict(page, cells);
  draw_rule(2, size.columns, "", cells);
  if (is_text_view(page.state.place().choice.view)) {
    draw_text(page, {kTop, 0, size.rows - kTop - 1, size.columns}, cells);
  } else if (size.columns >= kLarge.columns && size.rows >= kLarge.rows) {
    draw_large(page, size, cells);
  } else {
    draw_small(page, size, cells);
  }
  draw_keys(page, cells);
  return cells;
}

bool draw_too_small(Size size, Cells& cells) {
  if (size.columns >= kLeastSize.columns && size.rows >= kLeastSize.rows) {
    return false;
  }
  const std::string text =
      fmt::format("wakepath's screen takes {}x{}; this is {}x{}. q quits.", kLeastSize.columns,
                  kLeastSize.rows, size.columns, size.rows);
  std::size_t row = 0;
  for (std::size_t at = 0; at < text.size() && row < size.rows; ++row) {
    cells.put({row, 0}, text.substr(at, size.columns));
    at += size.columns;
  }
  return true;
}

void draw_rule(std::size_t row, std::size_t width, std::string_view text, Cells& cells) {
  cells.fill({row, 0}, width, "─", Style::dim);
  if (!text.empty()) {
    cells.put({row, 2}, " ", Style::bold);
    const std::size_t columns = cells.put({row, 3}, text, Style::bold, width - 6);
    cells.put({row, 3 + columns}, " ", Style::bold);
  }
}

}  // namespace wakepath::screen
