// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/table_exporter.hpp"

#include <fmt/format.h>

#include "analysis/blame_parts.hpp"
#include "findings/run_findings.hpp"
#include "util/count_text.hpp"

namespace wakepath::exports {

Result<void> TableExporter::header(const Header& header) {
  header_ = header;
  return {};
}

Result<void> TableExporter::stage(const StageRow& stage) {
  stage_row(stage, row_);
  WAKEPATH_CHECK(to_->row(Table::stages, row_));
  if (stage.wake.flags.has(Flag::untimed)) {
    return {};
  }
  Result<void> written;
  std::uint64_t number = 0;
  analysis::for_each_part(stage.stage, [&](const Blame* blame, std::uint64_t ns) {
    if (written) {
      blame_row({stage.wake, blame, ns, stage.number, ++number}, row_);
      written = to_->row(Table::blame, row_);
    }
  });
  return written;
}

Result<void> TableExporter::wake(const WakeChain& chain) {
  ++wakes_;
  wake_row(chain, row_);
  WAKEPATH_CHECK(to_->row(Table::wakes, row_));
  std::uint64_t number = 0;
  for (const Stage& one : chain.stages) {
    WAKEPATH_CHECK(stage({chain, one, ++number}));
  }
  number = 0;
  for (const Hop& hop : chain.hops) {
    hop_row({chain, hop, ++number}, row_);
    WAKEPATH_CHECK(to_->row(Table::hops, row_));
  }
  return {};
}

Result<void> TableExporter::delivery(const Delivery& delivery) {
  delivery_row({delivery, ++deliveries_}, row_);
  return to_->row(Table::deliveries, row_);
}

Result<void> TableExporter::loss(const Loss& loss) {
  loss_row({loss, ++losses_}, row_);
  return to_->row(Table::losses, row_);
}

Result<void> TableExporter::summary(const Summary& summary) {
  std::uint64_t number = 0;
  for (const InterruptLoad& load : summary.interrupts) {
    interrupt_row({load, ++number}, row_);
    WAKEPATH_CHECK(to_->row(Table::interrupts, row_));
  }
  number = 0;
  for (const Finding& finding : findings::run_findings(summary, header_.arch)) {
    finding_row({finding, ++number}, row_);
    WAKEPATH_CHECK(to_->row(Table::findings, row_));
  }
  recording_row({header_, summary}, row_);
  return to_->row(Table::recording, row_);
}

Result<std::string> TableExporter::finish() {
  WAKEPATH_TRY(const std::uint64_t bytes, to_->finish());
  return fmt::format("{}, {:.1f} MB", count_text(wakes_, "wake"), static_cast<double>(bytes) / 1e6);
}

}  // namespace wakepath::exports
