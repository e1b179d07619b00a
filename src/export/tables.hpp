// SPDX-License-Identifier: GPL-2.0-or-later
// The tables of an export: their names, their columns, and what stands in a row. docs/export.md
// tells users the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wakepath/finding.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::exports {

// monostate: not known. All that is measured here is whole numbers.
using Cell = std::variant<std::monostate, std::int64_t, std::string_view, std::string>;

enum class Table : std::uint8_t {
  wakes,
  stages,
  blame,
  hops,
  deliveries,
  losses,
  interrupts,
  findings,
  recording,
};

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

// What a row is made of, where that is more than one thing. Numbers count from 1.
struct StageRow {
  const WakeChain& wake;
  const Stage& stage;
  std::uint64_t number;
};
struct BlameRowOf {
  const WakeChain& wake;
  const Blame* blame;  // null: of time that no blame explains
  std::uint64_t ns;
  std::uint64_t stage, number;
};
struct HopRow {
  const WakeChain& wake;
  const Hop& hop;
  std::uint64_t number;
};
struct DeliveryRow {
  const Delivery& delivery;
  std::uint64_t number;
};
struct LossRow {
  const Loss& loss;
  std::uint64_t number;
};
struct InterruptRow {
  const InterruptLoad& load;
  std::uint64_t number;
};
struct FindingRow {
  const Finding& finding;
  std::uint64_t number;
};
struct RecordingRow {
  const Header& header;
  const Summary& summary;
};

// Cells that are string_views live as long as what they were made of.
using Row = std::vector<Cell>;
void wake_row(const WakeChain& wake, Row& row);
void stage_row(const StageRow& stage, Row& row);
void blame_row(const BlameRowOf& blame, Row& row);
void hop_row(const HopRow& hop, Row& row);
void delivery_row(const DeliveryRow& delivery, Row& row);
void loss_row(const LossRow& loss, Row& row);
void interrupt_row(const InterruptRow& interrupt, Row& row);
void finding_row(const FindingRow& finding, Row& row);
void recording_row(const RecordingRow& recording, Row& row);

}  // namespace wakepath::exports
