// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of an audit: threads beside VMs' on the CPUs of vCPUs and of poll-mode threads.
#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "audit/audit_facts.hpp"

namespace wakepath::audit {
namespace {

using host::Thread;

// Threads of one name that share CPUs with vCPUs.
struct Sharer {
  std::vector<findings::PinnedThread> threads;
  CpuSet on;
};

// Threads of others that are pinned to `cpus`, by name.
std::map<std::string, Sharer> pinned_to(const AuditFacts& facts, const CpuSet& cpus) {
  std::map<std::string, Sharer> found;
  for (const Thread& thread : facts.settings().threads.pinned) {
    if (!facts.seen_tids.contains(thread.tid) && may_run_on(thread, cpus, facts) &&
        !is_poll_mode(facts, thread)) {
      Sharer& sharer = found[thread.comm];
      sharer.threads.push_back(pinned_now(thread));
      sharer.on = united(sharer.on, common(*thread.allowed, cpus));
    }
  }
  return found;
}

void task_pinning(const AuditFacts& facts, RuleResult& result) {
  result.not_judged = no_threads_known(facts);
  if (!result.not_judged.empty()) {
    return;
  }
  for (const auto& [name, sharer] : pinned_to(facts, facts.vcpu_cpus)) {
    const bool one = sharer.threads.size() == 1;
    Finding& found =
        result.add(Severity::warning, sharer.on,
                   fmt::format("{} ({} {}) is pinned to vCPUs' {}", name, one ? "tid" : "threads:",
                               one ? sharer.threads.front().tid : sharer.threads.size(),
                               cpus_text(sharer.on)));
    found.evidence = {{"task", name},
                      {"tid", std::uint64_t{sharer.threads.front().tid}},
                      {"threads", std::uint64_t{sharer.threads.size()}}};
    found.subject.comm = name;
    if (one) {
      found.subject.tid = sharer.threads.front().tid;
    }
    found.fixes = {findings::pin_threads(sharer.threads, facts.others)};
  }
}

void poll_mode(const AuditFacts& facts, RuleResult& result) {
  result.not_judged = no_threads_known(facts);
  if (!result.not_judged.empty()) {
    return;
  }
  if (!facts.input.busy) {
    // A thread that is none, however busy it is, needs no reading.
    result.not_judged = std::ranges::any_of(facts.settings().threads.pinned,
                                            [&](const Thread& one) { return may_poll(facts, one); })
                            ? "which threads are busy takes two readings of a running host"
                            : "";
    return;
  }
  for (const Thread& thread : facts.settings().threads.pinned) {
    if (!is_poll_mode(facts, thread)) {
      continue;
    }
    const std::uint64_t busy = facts.input.busy->at(thread.tid);
    const std::uint32_t cpu = thread.allowed->list().front();
    const auto add = [&](Severity severity, const std::string& text) -> Finding& {
      Finding& found = result.add(severity, *thread.allowed, text);
      found.evidence = {
          {"task", thread.comm}, {"tid", std::uint64_t{thread.tid}}, {"busy_percent", busy}};
      found.subject.tid = thread.tid;
      found.subject.comm = thread.comm;
      return found;
    };
    if (!facts.isolated.contains(cpu)) {
      add(Severity::warning,
          fmt::format("poll-mode thread {} (tid {}) has CPU {}, which is not isolated", thread.comm,
                      thread.tid, cpu))
          .fixes = {findings::isolate(facts.kept)};
    }
    for (const Thread& other : facts.settings().threads.pinned) {
      if (other.tid != thread.tid && may_run_on(other, *thread.allowed, facts) && !other.kernel &&
          !facts.seen_tids.contains(other.tid)) {
        add(Severity::warning,
            fmt::format("poll-mode thread {} (tid {}) shares CPU {} with {} (tid {})", thread.comm,
                        thread.tid, cpu, other.comm, other.tid))
            .fixes = {findings::pin_threads({pinned_now(other)}, facts.others)};
        break;  // one finding is enough
      }
    }
  }
}

}  // namespace

std::span<const AuditRule> task_rules() {
  static constexpr std::array kRules{AuditRule{"task_pinning", Severity::warning, task_pinning},
                                     AuditRule{"poll_mode", Severity::warning, poll_mode}};
  return kRules;
}

}  // namespace wakepath::audit
