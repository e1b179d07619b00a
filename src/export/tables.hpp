// SPDX-License-Identifier: GPL-2.0-or-later
// The tables of an export: their names, their columns, and what stands in a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wakepath/sink.hpp"

namespace wakepath::exports {

// Whole numbers are all that is measured here. monostate: not known.
using Cell = std::variant<std::monostate, std::int64_t, std::string_view, std::string>;

enum class Table : std::uint8_t { wakes };

struct ColumnInfo {
  std::string_view name;
  enum class Type : std::uint8_t { integer, text } type{Type::text};
};

struct TableInfo {
  Table table;
  std::string_view name;
  std::vector<ColumnInfo> columns;
  std::size_t key_columns;  // so many of the first tell a row from the others; rows come by them
};
// In the order of Table.
const std::vector<TableInfo>& tables();

// A row at a time. Cells that are string_views live as long as what they were made of.
using Row = std::vector<Cell>;
void wake_row(const WakeChain& wake, Row& row);

}  // namespace wakepath::exports
