// SPDX-License-Identifier: GPL-2.0-or-later
// What a host's settings declare about its CPUs, held against each other and against what ran
// there: findings, each with figures, and the command that mends it. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "audit/observed.hpp"
#include "host/host_settings.hpp"
#include "interrupts/irq_rows.hpp"
#include "util/cpu_set.hpp"

namespace wakepath::audit {

enum class Severity : std::uint8_t { info, warning, error };
std::string_view name_of(Severity severity);

// A number's name says its unit ("longest_ns"); texts are hostile.
using Figure = std::pair<std::string, std::variant<std::uint64_t, std::string>>;

struct Finding {
  Severity severity{};
  std::string rule;
  CpuSet cpus{};
  std::string vm{};  // empty: no certain one
  std::optional<std::uint32_t> vm_pid{};
  std::string text{};  // names in it are hostile
  std::vector<Figure> evidence{};
  std::string fix{};  // a command for a shell; empty where none is known
};

struct NotChecked {
  std::string rule;
  std::string why;
};

struct AuditInput {
  const host::HostSettings* settings{};  // null: nothing is known of them
  const interrupts::IrqReport* irqs{};   // null: as above
  const Observed* observed{};            // null: nothing was observed
  // By thread, how much of its CPU it used, in percent; nullopt: not measured.
  std::optional<std::map<std::uint32_t, unsigned>> busy{};
  CpuSet isolated{};     // what the user says to be so
  std::uint32_t self{};  // the thread that observed; 0: none
  std::string vm{};      // judge this one's pins and CPUs alone; empty: all
};

struct AuditReport {
  std::vector<Finding> findings;  // the gravest first
  std::vector<std::string> checked;
  std::vector<NotChecked> not_checked;
  CpuSet isolated;   // declared, nohz_full included
  CpuSet vcpu_cpus;  // that vCPUs are pinned to, or were seen on and nowhere else
  std::optional<ObservedTotals> observed;
  std::string not_observed;  // why; the caller's to fill in
};

AuditReport audit(const AuditInput& input);

}  // namespace wakepath::audit
