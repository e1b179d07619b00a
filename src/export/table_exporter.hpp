// SPDX-License-Identifier: GPL-2.0-or-later
// Makes rows of tables of what a stream tells.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <utility>

#include "export/exporter.hpp"
#include "export/tables.hpp"

namespace wakepath::exports {

// Where the rows of all tables go.
class TableWriter {
 public:
  TableWriter() = default;
  TableWriter(const TableWriter&) = delete;
  TableWriter& operator=(const TableWriter&) = delete;
  virtual ~TableWriter() = default;

  virtual Result<void> keep_rights_for_names(const std::function<void()>& begin) = 0;
  // As many cells as the table has columns. Error: bad_output.
  virtual Result<void> row(Table table, std::span<const Cell> cells) = 0;
  // The bytes that were written. Error: bad_output.
  virtual Result<std::uint64_t> finish() = 0;
};

class TableExporter final : public Exporter {
 public:
  explicit TableExporter(std::unique_ptr<TableWriter> to) : to_(std::move(to)) {}

  Result<void> header(const Header& header) override;
  Result<void> wake(const WakeChain& chain) override;
  Result<void> delivery(const Delivery& delivery) override;
  Result<void> loss(const Loss& loss) override;
  Result<void> summary(const Summary& summary) override;
  Result<void> keep_rights_for_names(const std::function<void()>& begin) override {
    return to_->keep_rights_for_names(begin);
  }
  Result<std::string> finish() override;

 private:
  // With its blame.
  Result<void> stage(const StageRow& stage);

  std::unique_ptr<TableWriter> to_;
  Header header_;
  Row row_;  // reused
  std::uint64_t wakes_{0}, deliveries_{0}, losses_{0};
};

}  // namespace wakepath::exports
