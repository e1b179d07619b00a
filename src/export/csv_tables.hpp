// SPDX-License-Identifier: GPL-2.0-or-later
// Tables as files of RFC 4180, one a table, in a directory. A row is a line: what would break one
// is escaped as for a terminal. What is not known is an empty field.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "export/table_exporter.hpp"
#include "util/output_directory.hpp"

namespace wakepath::exports {

class CsvTables final : public TableWriter {
 public:
  // Errors: OutputDirectory::create()'s.
  static Result<std::unique_ptr<TableWriter>> create(const OutputPlan& plan);
  explicit CsvTables(OutputDirectory directory);

  Result<void> keep_rights_for_names(const std::function<void()>& begin) override {
    return directory_.keep_rights_for_names(begin);
  }
  Result<void> row(Table table, std::span<const Cell> cells) override;
  Result<std::uint64_t> finish() override;

 private:
  Result<void> write(std::size_t table);

  OutputDirectory directory_;
  std::vector<fmt::memory_buffer> buffers_;  // of each table
};

}  // namespace wakepath::exports
