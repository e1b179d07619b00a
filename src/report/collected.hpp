// SPDX-License-Identifier: GPL-2.0-or-later
// All that a report shows of a recording. Its size follows from what is shown, not from the
// recording's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/comparison.hpp"
#include "audit/audit.hpp"
#include "present/summary_text.hpp"
#include "report/bands.hpp"
#include "report/lanes.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::report {

struct WorstWake {
  WakeChain chain;
  Lanes lanes;
};

struct Collected {
  std::string file;  // that was read, by its name
  bool filtered{};   // a selection is in force
  present::RunView run;
  Summary summary;
  std::vector<Loss> losses;  // the first of them
  std::uint64_t more_losses{};
  std::vector<std::string> notices;
  std::vector<Band> bands;                         // of the totals that summary.ranking is of
  std::vector<WorstWake> worst;                    // of these too; the slowest first
  std::optional<analysis::Comparison> comparison;  // with the recording before
  std::optional<audit::AuditReport> audit;
  std::string not_audited;  // why there is no audit
};

}  // namespace wakepath::report
