// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/exporter.hpp"

#include "export/csv_tables.hpp"
#include "export/table_exporter.hpp"

namespace wakepath::exports {

const std::vector<FormatName>& formats() {
  static const std::vector<FormatName> kFormats{
      {"csv", Format::csv, "a directory with a file for each table"},
  };
  return kFormats;
}

Result<std::unique_ptr<Exporter>> make_exporter(Format format, const OutputPlan& plan) {
  switch (format) {
    case Format::csv: {
      WAKEPATH_TRY(auto tables, CsvTables::create(plan));
      return std::make_unique<TableExporter>(std::move(tables));
    }
  }
  return fail(ErrorKind::bug, "an export in a form that is none");
}

}  // namespace wakepath::exports
