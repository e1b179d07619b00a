// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/tables.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "analysis/total_kind.hpp"
#include "present/view.hpp"

namespace wakepath::exports {

namespace {

using Type = ColumnInfo::Type;

// A column, and what stands in it.
template <typename Of>
struct Column {
  std::string_view name;
  Type type;
  Cell (*cell)(const Of&);
};

Cell number(std::uint64_t value) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(value, kMost));
}

template <typename T>
Cell number(const std::optional<T>& value) {
  return value ? number(static_cast<std::uint64_t>(*value)) : Cell{};
}

Cell text(std::string_view value) { return value.empty() ? Cell{} : Cell{value}; }

// In a trace without times, the times of events are an order and nothing more.
Cell time(const Flags& flags, std::uint64_t ns) {
  return flags.has(Flag::untimed) ? Cell{} : number(ns);
}

Cell total_name(const WakeChain& wake) {
  const auto kind = analysis::total_kind(wake);
  return kind ? text(name_of(*kind)) : Cell{};
}

constexpr std::array kWakes{
    Column<WakeChain>{"id", Type::integer, [](const WakeChain& w) { return number(w.id); }},
    Column<WakeChain>{"vm", Type::text,
                      [](const WakeChain& w) { return w.who.vm == "?" ? Cell{} : text(w.who.vm); }},
    Column<WakeChain>{"vm_pid", Type::integer,
                      [](const WakeChain& w) { return number(w.who.vm_pid); }},
    Column<WakeChain>{"vcpu", Type::integer, [](const WakeChain& w) { return number(w.who.vcpu); }},
    Column<WakeChain>{"tid", Type::integer,
                      [](const WakeChain& w) { return number(std::uint64_t{w.who.tid}); }},
    Column<WakeChain>{"path", Type::text, [](const WakeChain& w) { return text(w.path); }},
    Column<WakeChain>{"begin_ns", Type::integer,
                      [](const WakeChain& w) { return time(w.flags, w.begin_ns); }},
    Column<WakeChain>{"end_ns", Type::integer,
                      [](const WakeChain& w) { return time(w.flags, w.end_ns); }},
    Column<WakeChain>{"total_ns", Type::integer,
                      [](const WakeChain& w) { return time(w.flags, w.total_ns()); }},
    Column<WakeChain>{"total", Type::text, total_name},
};

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

}  // namespace

const std::vector<TableInfo>& tables() {
  static const std::vector<TableInfo> kTables{
      info_of(Table::wakes, "wakes", 1, kWakes),
  };
  return kTables;
}

void wake_row(const WakeChain& wake, Row& row) { fill(kWakes, wake, row); }

}  // namespace wakepath::exports
