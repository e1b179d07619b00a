// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/exporter.hpp"

#include "export/csv_tables.hpp"
#include "export/folded_stacks.hpp"
#include "export/perfetto.hpp"
#include "export/table_exporter.hpp"
#ifdef WAKEPATH_SQLITE3
#include "export/sqlite_tables.hpp"
#endif

namespace wakepath::exports {

namespace {

template <typename Tables>
Result<std::unique_ptr<Exporter>> in_tables(const OutputPlan& plan) {
  WAKEPATH_TRY(auto tables, Tables::create(plan));
  return std::make_unique<TableExporter>(std::move(tables));
}

}  // namespace

const std::vector<FormatName>& formats() {
  static const std::vector<FormatName> kFormats{
      {"csv", Format::csv, "a directory with a file for each table"},
#ifdef WAKEPATH_SQLITE3
      {"sqlite", Format::sqlite, "the tables as one database, with views"},
#endif
      {"folded", Format::folded, "who had the time, as stacks for a flame graph"},
      {"perfetto", Format::perfetto, "a trace for ui.perfetto.dev"},
  };
  return kFormats;
}

Result<std::unique_ptr<Exporter>> make_exporter(Format format, const OutputPlan& plan) {
  switch (format) {
    case Format::csv:
      return in_tables<CsvTables>(plan);
    case Format::sqlite:
#ifdef WAKEPATH_SQLITE3
      return in_tables<SqliteTables>(plan);
#else
      break;
#endif
    case Format::folded:
      return FoldedStacks::create(plan);
    case Format::perfetto:
      return PerfettoExporter::create(plan);
  }
  return fail(ErrorKind::unsupported, "this wakepath was built without that format");
}

}  // namespace wakepath::exports
