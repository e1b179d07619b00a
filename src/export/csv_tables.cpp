// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/csv_tables.hpp"

#include <string>
#include <utility>

#include "util/escape.hpp"

namespace wakepath::exports {

namespace {

constexpr std::size_t kPiece = 64 * std::size_t{1024};

// Spreadsheets take what begins so for a formula, in quotes too.
constexpr std::string_view kFormula = "=+-@";

void append_text(std::string_view text, fmt::memory_buffer& out) {
  std::string safe = escape_terminal(text);
  if (!safe.empty() && kFormula.find(safe.front()) != std::string_view::npos) {
    safe = fmt::format("\\x{:02x}{}", static_cast<unsigned char>(safe.front()), safe.substr(1));
  }
  if (safe.find_first_of("\",") == std::string::npos) {
    out.append(safe);
    return;
  }
  out.push_back('"');
  for (const char c : safe) {
    if (c == '"') {
      out.push_back('"');
    }
    out.push_back(c);
  }
  out.push_back('"');
}

struct CellText {
  fmt::memory_buffer& out;
  void operator()(std::monostate /*unknown*/) const {}
  void operator()(std::int64_t number) const { fmt::format_to(fmt::appender(out), "{}", number); }
  void operator()(std::string_view text) const { append_text(text, out); }
};

void end_line(fmt::memory_buffer& out) { out.append(std::string_view("\r\n")); }

}  // namespace

Result<std::unique_ptr<TableWriter>> CsvTables::create(const OutputPlan& plan) {
  std::vector<std::string> names;
  for (const TableInfo& table : tables()) {
    names.push_back(fmt::format("{}.csv", table.name));
  }
  WAKEPATH_TRY(OutputDirectory directory, OutputDirectory::create(plan, std::move(names)));
  return std::make_unique<CsvTables>(std::move(directory));
}

CsvTables::CsvTables(OutputDirectory directory)
    : directory_(std::move(directory)), buffers_(tables().size()) {
  for (const TableInfo& table : tables()) {
    fmt::memory_buffer& out = buffers_[static_cast<std::size_t>(table.table)];
    for (const ColumnInfo& column : table.columns) {
      if (&column != &table.columns.front()) {
        out.push_back(',');
      }
      out.append(column.name);
    }
    end_line(out);
  }
}

Result<void> CsvTables::write(std::size_t table) {
  fmt::memory_buffer& buffer = buffers_[table];
  WAKEPATH_CHECK(directory_.append(table, std::as_bytes(std::span(buffer.data(), buffer.size()))));
  buffer.clear();
  return {};
}

Result<void> CsvTables::row(Table table, std::span<const Cell> cells) {
  const auto at = static_cast<std::size_t>(table);
  fmt::memory_buffer& out = buffers_[at];
  for (const Cell& cell : cells) {
    if (&cell != cells.data()) {
      out.push_back(',');
    }
    std::visit(CellText{out}, cell);
  }
  end_line(out);
  return out.size() < kPiece ? Result<void>{} : write(at);
}

Result<std::uint64_t> CsvTables::finish() {
  for (std::size_t table = 0; table < buffers_.size(); ++table) {
    WAKEPATH_CHECK(write(table));
  }
  WAKEPATH_CHECK(directory_.finish());
  return directory_.bytes();
}

}  // namespace wakepath::exports
