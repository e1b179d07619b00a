// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/run_findings.hpp"

#include <utility>

#include "findings/culprit.hpp"
#include "findings/habit_findings.hpp"
#include "findings/quiet_vcpu.hpp"

namespace wakepath::findings {

std::vector<Finding> run_findings(const Summary& summary, std::string_view arch) {
  std::vector<Finding> all;
  for (const QuietVcpu& vcpu : summary.quiet) {
    all.push_back(quiet_vcpu(vcpu, arch));
  }
  for (Finding& finding : culprits(summary.blame)) {
    all.push_back(std::move(finding));
  }
  for (Finding& finding : vcpu_habits(summary.habits)) {
    all.push_back(std::move(finding));
  }
  return all;
}

}  // namespace wakepath::findings
