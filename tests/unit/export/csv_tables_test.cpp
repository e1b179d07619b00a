// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/csv_tables.hpp"

#include <array>
#include <limits>

#include <gtest/gtest.h>

#include "export/columns.hpp"
#include "export/written.hpp"

namespace wakepath::exports {
namespace {

using testing::kHostile;
using testing::Written;

// What stands in losses.csv below its header.
std::string rows_of(std::initializer_list<std::vector<Cell>> rows) {
  const Written written;
  auto tables = CsvTables::create(written.plan());
  EXPECT_TRUE(tables);
  for (const std::vector<Cell>& row : rows) {
    EXPECT_TRUE((*tables)->row(Table::losses, row));
  }
  EXPECT_TRUE((*tables)->finish());
  const std::string text = written.text("losses.csv");
  const std::size_t header = text.find("\r\n");
  EXPECT_NE(header, std::string::npos);
  return text.substr(header + 2);
}

std::string cell_of(Cell cell) {
  std::string text = rows_of({{std::move(cell)}});
  EXPECT_TRUE(text.ends_with("\r\n"));
  text.resize(text.size() - 2);
  return text;
}

}  // namespace

TEST(CsvTables, QuotesWhatWouldEndAField) {
  EXPECT_EQ(cell_of(std::string_view("plain text")), "plain text");
  EXPECT_EQ(cell_of(std::string_view("a,b")), "\"a,b\"");
  EXPECT_EQ(cell_of(std::string_view("say \"no\"")), "\"say \"\"no\"\"\"");
  EXPECT_EQ(cell_of(std::string_view("\"")), "\"\"\"\"");
  EXPECT_EQ(cell_of(kHostile), "\"a\"\"b,c;d\\x0d\\x0ae\\x1b[31m\\xff\\xe2\\x80\\xae\"");
}

TEST(CsvTables, MakesNoFormulaOfAName) {
  EXPECT_EQ(cell_of(std::string_view("=1+1")), "\\x3d1+1");
  EXPECT_EQ(cell_of(std::string_view("+1")), "\\x2b1");
  EXPECT_EQ(cell_of(std::string_view("-1")), "\\x2d1");
  EXPECT_EQ(cell_of(std::string_view("@a,b")), "\"\\x40a,b\"");
  EXPECT_EQ(cell_of(std::string_view("a=1")), "a=1");
  EXPECT_EQ(cell_of(std::int64_t{-1}), "-1");  // a number is none
}

TEST(CsvTables, LeavesWhatIsNotKnownEmptyAndKeepsRowsWhole) {
  EXPECT_EQ(rows_of({{Cell{}, std::int64_t{0}, Cell{}}, {std::string("x"), Cell{}, Cell{}}}),
            ",0,\r\nx,,\r\n");
  EXPECT_EQ(cell_of(std::numeric_limits<std::int64_t>::max()), "9223372036854775807");
}

TEST(CsvTables, HasAFileWithItsColumnsForEachTable) {
  const Written written;
  auto made = CsvTables::create(written.plan());
  ASSERT_TRUE(made);
  ASSERT_TRUE((*made)->finish());
  for (const TableInfo& table : tables()) {
    std::string header;
    for (const ColumnInfo& column : table.columns) {
      header += (header.empty() ? "" : ",") + std::string(column.name);
    }
    EXPECT_EQ(written.text(std::string(table.name) + ".csv"), header + "\r\n");
  }
}

TEST(Columns, KnowNoNumberThatReadersDoNot) {
  EXPECT_EQ(number(7), Cell{std::int64_t{7}});
  EXPECT_EQ(number(std::numeric_limits<std::uint64_t>::max()),
            Cell{std::numeric_limits<std::int64_t>::max()});
  EXPECT_EQ(maybe(std::optional<std::uint32_t>{}), Cell{});
  EXPECT_EQ(maybe(std::optional<std::uint32_t>{0}), Cell{std::int64_t{0}});
}

TEST(Columns, TellEmptyTextsAndUnknownVmsAsNotKnown) {
  EXPECT_EQ(text(""), Cell{});
  EXPECT_EQ(text("web"), Cell{std::string_view("web")});
  EXPECT_EQ(made_text({}), Cell{});
  EXPECT_EQ(vm_text("?"), Cell{});
  EXPECT_EQ(truth(false), Cell{std::int64_t{0}});
  EXPECT_EQ(irq_number(nullptr), Cell{});
}

}  // namespace wakepath::exports
