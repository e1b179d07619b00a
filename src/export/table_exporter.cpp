// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/table_exporter.hpp"

#include <fmt/format.h>

#include "util/count_text.hpp"

namespace wakepath::exports {

Result<void> TableExporter::wake(const WakeChain& chain) {
  ++wakes_;
  wake_row(chain, row_);
  return to_->row(Table::wakes, row_);
}

Result<std::string> TableExporter::finish() {
  WAKEPATH_TRY(const std::uint64_t bytes, to_->finish());
  return fmt::format("{}, {:.1f} MB", count_text(wakes_, "wake"), static_cast<double>(bytes) / 1e6);
}

}  // namespace wakepath::exports
