// SPDX-License-Identifier: GPL-2.0-or-later
// What the rules of an audit judge by, and how they say what they found.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.hpp"

namespace wakepath::audit {

struct AuditFacts {
  const AuditInput& input;
  CpuSet isolated;   // isolcpus=domain, nohz_full, or given
  CpuSet vcpu_cpus;  // that vCPUs have
  CpuSet poll_cpus;  // that poll-mode threads have
  CpuSet kept;       // all of these
  CpuSet others;     // the rest of those that are online: for the host itself
  // Told as observed: what is declared of them need not be told again.
  std::set<std::uint32_t> seen_irqs{};
  std::set<std::uint32_t> seen_tids{};

  [[nodiscard]] const host::HostSettings& settings() const { return *input.settings; }
  // Of this VM, if one was asked for.
  [[nodiscard]] bool wants(std::string_view vm) const { return input.vm.empty() || input.vm == vm; }
};

AuditFacts gather(const AuditInput& input);

class Judged {
 public:
  explicit Judged(std::string_view rule) : rule_(rule) {}

  Finding& add(Severity severity, CpuSet cpus, std::string text) {
    return findings.emplace_back(
        Finding{severity, std::string(rule_), std::move(cpus), {}, {}, std::move(text), {}, {}});
  }

  std::vector<Finding> findings;
  std::string unknown;  // why it could not be judged; empty: it was

 private:
  std::string_view rule_;
};

struct AuditRule {
  std::string_view name;
  void (*judge)(const AuditFacts& facts, Judged& judged);
};

// By what they look at; all but the last want settings.
std::span<const AuditRule> cpu_rules();
std::span<const AuditRule> irq_rules();
std::span<const AuditRule> vm_rules();
std::span<const AuditRule> memory_rules();
// Fills seen_irqs and seen_tids too. input.observed is there.
std::vector<Finding> judge_observed(AuditFacts& facts);

// A poll-mode thread: of user space, pinned to one CPU, which it uses (nearly) all the time.
bool is_poll_mode(const AuditFacts& facts, const host::Thread& thread);
// "CPU 3", "CPUs 2-5"
std::string cpus_text(const CpuSet& cpus);

// Commands; empty where no CPU is left for it to go to.
std::string move_irqs_command(const std::vector<std::uint32_t>& irqs, const CpuSet& to);
std::string pin_command(const std::vector<std::uint32_t>& tids, const CpuSet& to);
// For a shell, whatever is in it.
std::string shell_word(std::string_view text);

}  // namespace wakepath::audit
