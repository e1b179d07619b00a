// SPDX-License-Identifier: GPL-2.0-or-later
#ifdef WAKEPATH_SQLITE3
#include "export/sqlite_tables.hpp"

#include <memory>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "export/written.hpp"

namespace wakepath::exports {
namespace {

using testing::kHarmless;
using testing::kHostile;
using testing::Written;

// Each row as one text: "integer:1|null:|text:web".
std::vector<std::string> ask(const std::string& path, const std::string& sql) {
  sqlite3* opened = nullptr;
  EXPECT_EQ(::sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> base(opened, ::sqlite3_close);
  sqlite3_stmt* made = nullptr;
  EXPECT_EQ(::sqlite3_prepare_v2(base.get(), sql.c_str(), -1, &made, nullptr), SQLITE_OK)
      << ::sqlite3_errmsg(base.get());
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> query(made, ::sqlite3_finalize);
  std::vector<std::string> rows;
  while (::sqlite3_step(query.get()) == SQLITE_ROW) {
    std::string& row = rows.emplace_back();
    for (int i = 0; i < ::sqlite3_column_count(query.get()); ++i) {
      const int type = ::sqlite3_column_type(query.get(), i);
      const auto* const text = reinterpret_cast<const char*>(::sqlite3_column_text(query.get(), i));
      row += i == 0 ? "" : "|";
      row += type == SQLITE_INTEGER ? "integer:" : type == SQLITE_TEXT ? "text:" : "null:";
      row += text == nullptr ? "" : text;
    }
  }
  return rows;
}

// With what is to be known of it in the first columns, and nothing in the others.
std::vector<Cell> row_of(Table table, std::vector<Cell> first) {
  first.resize(tables()[static_cast<std::size_t>(table)].columns.size());
  return first;
}

struct Sqlite : ::testing::Test {
  Written written;
  std::unique_ptr<TableWriter> made = *SqliteTables::create(written.plan());

  void row(Table table, std::vector<Cell> first) {
    EXPECT_TRUE(made->row(table, row_of(table, std::move(first))));
  }
  [[nodiscard]] std::vector<std::string> ask(const std::string& sql) const {
    return exports::ask(written.path(), sql);
  }
};

}  // namespace

TEST_F(Sqlite, KeepsTypesAndWhatIsNotKnown) {
  const auto& columns = tables()[static_cast<std::size_t>(Table::losses)].columns;
  const std::string second(columns[1].name);
  row(Table::losses, {std::int64_t{1}, std::int64_t{0}});
  row(Table::losses, {std::int64_t{2}, Cell{}});
  ASSERT_TRUE(made->finish());
  const std::string of_first = " FROM losses ORDER BY " + std::string(columns[0].name);
  EXPECT_EQ(ask("SELECT " + second + of_first), (std::vector<std::string>{"integer:0", "null:"}));
}

TEST_F(Sqlite, EscapesNamesAndTakesNoneForSql) {
  row(Table::wakes, {std::int64_t{1}, std::string_view("'); DROP TABLE wakes; --"), kHostile});
  ASSERT_TRUE(made->finish());
  const auto& columns = tables()[static_cast<std::size_t>(Table::wakes)].columns;
  EXPECT_EQ(ask("SELECT " + std::string(columns[1].name) + ", " + std::string(columns[2].name) +
                " FROM wakes"),
            std::vector<std::string>{"text:'); DROP TABLE wakes; --|text:" + kHarmless});
}

TEST_F(Sqlite, HasEachTableWithItsColumnsAndTypes) {
  ASSERT_TRUE(made->finish());
  for (const TableInfo& table : tables()) {
    std::vector<std::string> expected;
    for (const ColumnInfo& column : table.columns) {
      expected.push_back(
          "text:" + std::string(column.name) +
          (column.type == ColumnInfo::Type::integer ? "|text:INTEGER" : "|text:TEXT"));
    }
    EXPECT_EQ(ask("SELECT name, type FROM pragma_table_info('" + std::string(table.name) + "')"),
              expected);
  }
}

TEST_F(Sqlite, RefusesASecondRowOfAKey) {
  row(Table::wakes, {std::int64_t{1}});
  const auto twice = made->row(Table::wakes, row_of(Table::wakes, {std::int64_t{1}}));
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().kind, ErrorKind::bad_output);
}

TEST(SqliteOutput, GoesToNoPipe) {
  const auto made = SqliteTables::create({"-"});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::usage);
}

}  // namespace wakepath::exports
#endif
