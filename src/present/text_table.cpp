// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/text_table.hpp"

#include <algorithm>

#include "present/view.hpp"

namespace wakepath::present {

void TextTable::render(fmt::memory_buffer& out) {
  std::vector<std::string> titles;
  for (Column& column : columns_) {
    titles.push_back(column.title);
    column.width = std::max(column.width, columns_of(column.title));
  }
  for (const auto& cells : rows_) {
    for (std::size_t i = 0; i < cells.size() && i < columns_.size(); ++i) {
      columns_[i].width = std::max(columns_[i].width, columns_of(cells[i]));
    }
  }
  line(out, titles);
  for (const auto& cells : rows_) {
    line(out, cells);
  }
  rows_.clear();
}

void TextTable::line(fmt::memory_buffer& out, const std::vector<std::string>& cells) const {
  std::string text;
  std::size_t pending = 0;  // blanks that stand only if something follows
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string_view cell =
        i < cells.size() ? std::string_view(cells[i]) : std::string_view{};
    const std::size_t blanks = columns_[i].width - std::min(columns_[i].width, columns_of(cell));
    pending += i == 0 ? 0 : 2;
    pending += columns_[i].align == Align::right ? blanks : 0;
    if (!cell.empty()) {
      text.append(pending, ' ');
      text += cell;
      pending = 0;
    }
    pending += columns_[i].align == Align::left ? blanks : 0;
  }
  text += '\n';
  out.append(text.data(), text.data() + text.size());
}

}  // namespace wakepath::present
