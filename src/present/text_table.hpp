// SPDX-License-Identifier: GPL-2.0-or-later
// Columns that line up under their header.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

namespace wakepath::present {

class TextTable {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align{Align::left};
    std::size_t width{0};  // at least; grows with what render() meets
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Cells past the last given one are empty.
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // Appends header and rows, and forgets the rows. The widths stay, so that the tables of one run
  // line up with each other.
  void render(fmt::memory_buffer& out);

 private:
  void line(fmt::memory_buffer& out, const std::vector<std::string>& cells) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace wakepath::present
