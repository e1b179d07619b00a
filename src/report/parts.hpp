// SPDX-License-Identifier: GPL-2.0-or-later
// Parts that several sections of the page have.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "report/html.hpp"
#include "wakepath/finding.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::report {

// "<section>" with its heading, up to end_section().
void begin_section(Html& html, std::string_view id, std::string_view title);
void end_section(Html& html);

struct Column {
  std::string title;
  bool number{false};  // to the right
};
struct TableForm {
  std::string_view id;
  std::string caption;
  bool filter{false};  // many rows: the script adds a box to filter them
};
// Up to the first row. The script makes it sortable.
void begin_table(Html& html, const TableForm& form, const std::vector<Column>& columns);
void end_table(Html& html);
// The first cell of a row, which names it.
void row_name(Html& html, std::string_view text);
void text_cell(Html& html, std::string_view text);
void count_cell(Html& html, std::uint64_t count);
// As all outputs write it, and exact in data-ns.
void duration_cell(Html& html, std::uint64_t ns);
// `text` is what stands there; "*" and "-" sort as nothing.
void number_cell(Html& html, std::string_view text, std::uint64_t exact, std::string_view unit);

// "… and 12 more": what is left out of a long list.
void left_out(Html& html, std::uint64_t count, std::string_view noun);

// Numbers the commands of a page: a button copies each.
class Commands {
 public:
  void write(Html& html, std::string_view command);

 private:
  std::uint64_t last_{0};
};

// Text, figures, effect and what to do, as a list item.
void write_finding(Html& html, const Finding& finding, Commands& commands);
void write_fixes(Html& html, const std::vector<Fix>& fixes, Commands& commands);

// A drawing: a region that scrolls where the window is narrower, reached by Tab as well.
struct Drawing {
  std::string_view id;
  std::string label;  // what it shows, for who can't see it
  double width{}, height{};
  bool zoom{false};   // the script offers to zoom along the time
  bool links{false};  // it has links inside, so it is no mere picture
};
void begin_drawing(Html& html, const Drawing& drawing);
void end_drawing(Html& html);
void draw_line(Html& html, std::string_view style, double x1, double y1, double x2, double y2);
void draw_text(Html& html, std::string_view style, double x, double y, std::string_view text);

// All drawings with time are as wide, and leave as much for the names on their left.
inline constexpr double kDrawingWidth = 1000;
inline constexpr double kDrawingLeft = 64;
inline constexpr double kDrawingRight = kDrawingWidth - 12;

inline constexpr std::size_t kMostRows = 300;  // of a table

}  // namespace wakepath::report
