// SPDX-License-Identifier: GPL-2.0-or-later
// How tables are told: a column is its name, its type, and what makes its cell of a thing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "export/tables.hpp"

namespace wakepath::exports {

inline constexpr auto kInteger = ColumnInfo::Type::integer;
inline constexpr auto kText = ColumnInfo::Type::text;

template <typename Of>
struct Column {
  std::string_view name;
  ColumnInfo::Type type;
  Cell (*cell)(const Of&);
};

// What is too large for the 63 bits that every reader has is the largest that it has.
Cell number(std::uint64_t value);
template <typename T>
Cell maybe(const std::optional<T>& value) {
  return value ? number(static_cast<std::uint64_t>(*value)) : Cell{};
}
// Null where empty: not known.
inline Cell text(std::string_view value) { return value.empty() ? Cell{} : Cell{value}; }
inline Cell made_text(std::string value) { return value.empty() ? Cell{} : Cell{std::move(value)}; }
inline Cell truth(bool value) { return std::int64_t{value ? 1 : 0}; }
// WakeChain writes "?" for a VM of which nothing is known.
inline Cell vm_text(const std::string& vm) { return vm == "?" ? Cell{} : text(vm); }

// Nothing known: where there is none.
const Interrupt& interrupt_of(const InterruptPtr& interrupt);
Cell irq_number(const InterruptPtr& interrupt);

template <typename Of, std::size_t Columns>
TableInfo info_of(Table table, std::string_view name, std::size_t key_columns,
                  const std::array<Column<Of>, Columns>& columns) {
  TableInfo info{table, name, {}, key_columns};
  for (const auto& column : columns) {
    info.columns.push_back({column.name, column.type});
  }
  return info;
}

template <typename Of, std::size_t Columns>
void fill(const std::array<Column<Of>, Columns>& columns, const Of& from, Row& row) {
  row.clear();
  for (const auto& column : columns) {
    row.push_back(column.cell(from));
  }
}

// Of each file of tables, to be put together.
std::vector<TableInfo> wake_tables();
std::vector<TableInfo> run_tables();

}  // namespace wakepath::exports
