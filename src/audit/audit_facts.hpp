// SPDX-License-Identifier: GPL-2.0-or-later
// What the rules of an audit judge by, and what they share.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.hpp"
#include "findings/advice.hpp"

namespace wakepath::audit {

struct AuditFacts {
  const AuditInput& input;
  CpuSet isolated;   // isolcpus=domain, nohz_full, or given
  CpuSet vcpu_cpus;  // CPUs that vCPUs have
  CpuSet poll_cpus;  // CPUs that poll-mode threads have
  CpuSet kept;       // all of these: they are to be free of everything else
  CpuSet others;     // the rest of the CPUs that are online, for the host itself
  // Why `isolated` is not known; empty: it is, if only in part.
  std::string_view isolated_unknown{};
  // Why nothing is known to be kept; empty: something is.
  std::string_view kept_unknown{};
  bool nothing_kept{};  // it is known that nothing is
  // A finding tells them as observed: what is declared of them need not be told again.
  std::set<std::uint32_t> seen_irqs{};
  std::set<std::uint32_t> seen_tids{};

  [[nodiscard]] const host::HostSettings& settings() const { return *input.settings; }
  // Is this VM judged? All are, unless the user named one.
  [[nodiscard]] bool wants(std::string_view vm) const { return input.vm.empty() || input.vm == vm; }
};

inline constexpr std::string_view kNoOnline = "nothing tells which CPUs there are";

AuditFacts gather(const AuditInput& input);

// What one rule says.
class RuleResult {
 public:
  explicit RuleResult(std::string_view rule) : rule_(rule) {}

  // About these CPUs, if there are any.
  Finding& add(Severity severity, const CpuSet& cpus, std::string text);

  std::vector<Finding> findings;
  std::string not_judged;  // why the rule could not be judged; empty: it was

 private:
  std::string_view rule_;
};

struct AuditRule {
  std::string_view name;
  Severity gravest;  // that its findings may have
  void (*judge)(const AuditFacts& facts, RuleResult& result);
};

// Grouped by what the rules look at. All of them need settings.
std::span<const AuditRule> cpu_rules();
std::span<const AuditRule> irq_rules();
std::span<const AuditRule> vm_rules();
std::span<const AuditRule> task_rules();
std::span<const AuditRule> kvm_rules();
std::span<const AuditRule> memory_rules();
// Of the command line's lists of CPUs.
std::span<const AuditRule> list_rules();

// A rule on what ran, and the event that it needs.
struct ObservedRule {
  std::string_view name, event;
  Severity gravest;
};
std::span<const ObservedRule> observed_rules();
// Fills seen_irqs and seen_tids too. input.observed is there.
std::vector<Finding> judge_observed(AuditFacts& facts);

// A poll-mode thread is one of user space that is pinned to one CPU and uses it (nearly) all the
// time.
// `may_poll`: all but that it does.
bool may_poll(const AuditFacts& facts, const host::Thread& thread);
bool is_poll_mode(const AuditFacts& facts, const host::Thread& thread);
// "CPU 3", "CPUs 2-5"
std::string cpus_text(const CpuSet& cpus);

// The VM as advice names it: to virsh where it is libvirt's and the only one of its name, else by
// its process.
findings::VmTarget target_of(const host::VmThreads& vm, const AuditFacts& facts);
void name_vm(Finding& finding, const host::VmThreads& vm);
// Its name, and its process where another VM has that name.
std::string label_of(const host::VmThreads& vm, const AuditFacts& facts);
// The threads, with the CPUs that they may run on now, as far as the settings tell.
findings::PinnedThread pinned_now(const host::Thread& thread);
findings::PinnedThread pinned_now(std::uint32_t tid, const AuditFacts& facts);
// Moves the interrupts of one device off CPUs that are kept; where they are managed, the kernel
// alone does. `name`: of one of them, if it is known.
Fix move_irqs(const std::vector<const interrupts::IrqRow*>& rows, const AuditFacts& facts);
Fix move_irq(std::uint32_t irq, std::string_view name, const AuditFacts& facts);
// Why nothing is known of the VMs' threads; empty: it is.
std::string_view no_threads_known(const AuditFacts& facts);
// Those of the CPUs that are there for certain: where nobody tells how many there are, a list may
// go up to more than there are.
CpuSet certain(const CpuSet& cpus, const AuditFacts& facts);
// May it come to run on one of these? On isolated CPUs nothing is balanced: a thread comes there
// only if it may run on no other CPU.
bool may_run_on(const host::Thread& thread, const CpuSet& cpus, const AuditFacts& facts);

}  // namespace wakepath::audit
