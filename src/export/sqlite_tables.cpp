// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/sqlite_tables.hpp"

#include <new>
#include <utility>

#include <fmt/format.h>

#include "export/sqlite_views.hpp"
#include "util/escape.hpp"

namespace wakepath::exports {

namespace {

// As much as an export of any size needs: rows come in the order of their keys, so each goes to the
// end of its table.
constexpr const char* kBegin = R"(
  PRAGMA journal_mode = OFF;
  PRAGMA synchronous = OFF;
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -8192;
  PRAGMA application_id = 0x776b7078;
  PRAGMA user_version = 1;
  BEGIN;
)";

std::string create_text(const TableInfo& table) {
  std::string columns;
  std::string key;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const ColumnInfo& column = table.columns[i];
    const bool is_key = i < table.key_columns;
    columns += fmt::format("{}{} {}{}", i == 0 ? "" : ", ", column.name,
                           column.type == ColumnInfo::Type::integer ? "INTEGER" : "TEXT",
                           table.key_columns == 1 && is_key ? " PRIMARY KEY" : "");
    if (is_key) {
      key += fmt::format("{}{}", i == 0 ? "" : ", ", column.name);
    }
  }
  return table.key_columns > 1 ? fmt::format("CREATE TABLE {} ({}, PRIMARY KEY ({})) WITHOUT ROWID",
                                             table.name, columns, key)
                               : fmt::format("CREATE TABLE {} ({})", table.name, columns);
}

std::string insert_text(const TableInfo& table) {
  std::string places = "?";
  for (std::size_t i = 1; i < table.columns.size(); ++i) {
    places += ", ?";
  }
  return fmt::format("INSERT INTO {} VALUES ({})", table.name, places);
}

// `text` has a place for each cell, and stays until the row is written.
struct BindCell {
  sqlite3_stmt* to;
  int at;
  std::string& text;
  int operator()(std::monostate /*unknown*/) const { return ::sqlite3_bind_null(to, at); }
  int operator()(std::int64_t value) const { return ::sqlite3_bind_int64(to, at, value); }
  int operator()(std::string_view value) const {
    text = escape_terminal(value);
    return ::sqlite3_bind_text(to, at, text.data(), static_cast<int>(text.size()), nullptr);
  }
};

}  // namespace

Result<std::unique_ptr<TableWriter>> SqliteTables::create(const OutputPlan& plan) {
  WAKEPATH_TRY(const OutputPlace place, find_place(plan));
  if (place.kind == OutputPlace::Kind::stream || place.kind == OutputPlace::Kind::descriptor) {
    return fail(ErrorKind::usage, "SQLite writes here and there, which a pipe can't hold",
                "the name of a file");
  }
  WAKEPATH_TRY(OutputFile file, OutputFile::create(plan, OutputFile::Kind::whole));
  return std::make_unique<SqliteTables>(std::move(file));
}

Result<void> SqliteTables::check(int code) {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) {
    return {};
  }
  if (code == SQLITE_NOMEM) {
    throw std::bad_alloc();
  }
  if (file_.failure()) {
    return tl::unexpected(*file_.failure());
  }
  return fail(ErrorKind::bad_output, fmt::format("SQLite: {}", base_ ? ::sqlite3_errmsg(base_.get())
                                                                     : ::sqlite3_errstr(code)));
}

Result<void> SqliteTables::run(const std::string& sql) {
  return check(::sqlite3_exec(base_.get(), sql.c_str(), nullptr, nullptr, nullptr));
}

Result<SqliteTables::Statement> SqliteTables::prepare(const std::string& sql) {
  sqlite3_stmt* made = nullptr;
  WAKEPATH_CHECK(check(::sqlite3_prepare_v3(base_.get(), sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT,
                                            &made, nullptr)));
  return Statement(made);
}

Result<void> SqliteTables::begin() {
  sqlite3* made = nullptr;
  const int opened = ::sqlite3_open_v2(
      "export", &made, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
      file_.name());
  base_.reset(made);
  WAKEPATH_CHECK(check(opened));
  WAKEPATH_CHECK(run(kBegin));
  for (const TableInfo& table : tables()) {
    WAKEPATH_CHECK(run(create_text(table)));
  }
  WAKEPATH_CHECK(run(kViews));
  for (const TableInfo& table : tables()) {
    WAKEPATH_TRY(Statement insert, prepare(insert_text(table)));
    inserts_.push_back(std::move(insert));
  }
  return {};
}

Result<void> SqliteTables::row(Table table, std::span<const Cell> cells) {
  if (!base_) {
    WAKEPATH_CHECK(begin());
  }
  sqlite3_stmt* const insert = inserts_[static_cast<std::size_t>(table)].get();
  texts_.resize(std::max(texts_.size(), cells.size()));
  for (std::size_t i = 0; i < cells.size(); ++i) {
    WAKEPATH_CHECK(
        check(std::visit(BindCell{insert, static_cast<int>(i) + 1, texts_[i]}, cells[i])));
  }
  WAKEPATH_CHECK(check(::sqlite3_step(insert)));
  return check(::sqlite3_reset(insert));
}

Result<std::uint64_t> SqliteTables::finish() {
  if (!base_) {
    WAKEPATH_CHECK(begin());
  }
  WAKEPATH_CHECK(run("COMMIT"));
  inserts_.clear();
  base_.reset();
  WAKEPATH_CHECK(file_.file().finish());
  return file_.file().size();
}

}  // namespace wakepath::exports
