// SPDX-License-Identifier: GPL-2.0-or-later
// Tables as one file of SQLite, with views for the usual questions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "export/sqlite_file.hpp"
#include "export/table_exporter.hpp"

namespace wakepath::exports {

class SqliteTables final : public TableWriter {
 public:
  // Errors: OutputFile::create()'s; usage, where it would be a pipe, for SQLite writes here and
  // there.
  static Result<std::unique_ptr<TableWriter>> create(const OutputPlan& plan);
  explicit SqliteTables(OutputFile file) : file_(std::move(file)) {}

  Result<void> keep_rights_for_names(const std::function<void()>& begin) override {
    return file_.file().keep_rights_for_names(begin);
  }
  Result<void> row(Table table, std::span<const Cell> cells) override;
  Result<std::uint64_t> finish() override;

 private:
  struct Close {
    void operator()(sqlite3* base) const { ::sqlite3_close(base); }
    void operator()(sqlite3_stmt* statement) const { ::sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;

  // Makes the tables. In no other file than ours is anything done before the first row.
  Result<void> begin();
  Result<void> run(const std::string& sql);
  Result<Statement> prepare(const std::string& sql);
  // ok, or the error that it stands for. Throws std::bad_alloc where there was no memory.
  Result<void> check(int code);

  SqliteFile file_;
  std::unique_ptr<sqlite3, Close> base_;
  std::vector<Statement> inserts_;  // by table
  std::vector<std::string> texts_;  // of the row that is being written
};

}  // namespace wakepath::exports
