// SPDX-License-Identifier: GPL-2.0-or-later
// Compares what a host's settings declare about its CPUs with each other and with what ran there,
// and makes findings of what does not agree. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/observed.hpp"
#include "host/host_settings.hpp"
#include "interrupts/irq_rows.hpp"
#include "util/cpu_set.hpp"
#include "wakepath/finding.hpp"

namespace wakepath::audit {

struct AuditInput {
  const host::HostSettings* settings{};  // null: nothing is known of them
  const interrupts::IrqReport* irqs{};   // null: as above
  const Observed* observed{};            // null: nothing was observed
  // By thread, how much of its CPU it used, in percent; nullopt: not measured.
  std::optional<std::map<std::uint32_t, unsigned>> busy{};
  CpuSet isolated{};                  // CPUs that the user says are isolated
  std::vector<std::uint32_t> self{};  // the threads that observed
  std::string vm{};                   // the VM whose pins and CPUs alone are judged; empty: all VMs
  // Why nothing was observed, though it should have been; empty: it was, or nobody asked for it.
  std::string not_observed{};
  std::optional<Severity> fail_at{};  // nullopt: the audit gives no verdict
};

// A verdict over a part is none: where a rule that could fail lacks its input, nothing has passed.
struct AuditVerdict {
  enum class Result : std::uint8_t { passed, failed, not_judged };
  Severity fail_at{};
  Result result{};
  std::string reason;  // why it is not judged, or what failed
};
std::string_view name_of(AuditVerdict::Result result);

// Of a watch: which of its looks, and how long after its begin.
struct AuditLook {
  std::uint64_t number{};
  std::uint64_t since_ns{};
};

struct AuditReport {
  std::vector<Finding> findings;  // the gravest first
  std::vector<std::string> checked;
  std::vector<NotChecked> not_checked;
  std::optional<CpuSet> isolated;   // declared, nohz_full included; nullopt: not known
  std::optional<CpuSet> vcpu_cpus;  // that vCPUs are pinned to, or never left; nullopt: not known
  // Why there is no CPU to judge, for there is none that is kept free; empty: there is, or that is
  // not known.
  std::string nothing_kept;
  bool cpus_counted{true};  // false: how many CPUs there are is not known
  std::optional<AuditVerdict> verdict;
  std::optional<ObservedTotals> observed;
  std::string not_observed;  // why; the caller's to fill in
  std::optional<AuditLook>
      look{};  // what was observed is of the time since the look before; the caller's too
};

AuditReport audit(const AuditInput& input);

}  // namespace wakepath::audit
