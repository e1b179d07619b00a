// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/quiet_vcpu.hpp"

#include <fmt/format.h>

#include "findings/advice.hpp"
#include "findings/finding_list.hpp"
#include "util/count_text.hpp"
#include "util/duration.hpp"

namespace wakepath::findings {

namespace {

using enum QuietVcpu::Why;

std::string awake_text(const QuietVcpu& vcpu) {
  std::string text = "never blocks: on its CPU " + percent_text(vcpu.on_cpu_ns, vcpu.observed_ns);
  if (vcpu.waiting_ns != 0) {
    text += ", waiting for it " + percent_text(vcpu.waiting_ns, vcpu.observed_ns);
  }
  text += " of " + format_duration(vcpu.observed_ns);
  text += ", off it " + count_text(vcpu.switches, "time") + ", never to sleep";
  return vcpu.polls ? text : text + "; halt polling can't be seen here";
}

std::string polls_text(const QuietVcpu& vcpu) {
  const std::uint64_t polls = vcpu.polls.value_or(0);
  return vcpu.sleeps == 0 ? "never sleeps: halt polling met " + count_text(polls, "wake")
                          : fmt::format("hardly sleeps: halt polling met {} of {}", polls,
                                        count_text(polls + vcpu.sleeps, "wake"));
}

// What would be needed, and is not there.
std::string lack_text(const QuietVcpu& vcpu) {
  switch (vcpu.lacks) {
    case QuietVcpu::Lack::no_switches:
      return "not judged: no sched_switch: whether it blocks is not known";
    case QuietVcpu::Lack::time:
      return "not judged: seen for " + format_duration(vcpu.observed_ns) + ", and " +
             format_duration(kLeastObservedNs) + " are needed: whether it blocks is not known";
    case QuietVcpu::Lack::polls:
      return fmt::format("not judged: halt polling met {}, and {} are needed",
                         count_text(vcpu.polls.value_or(0), "wake"), kLeastPolls);
    case QuietVcpu::Lack::nothing:
      break;
  }
  return "not judged";
}

std::string state_text(const QuietVcpu& vcpu) {
  switch (vcpu.why) {
    case never_blocks:
      return awake_text(vcpu);
    case always_polls:
      return polls_text(vcpu);
    case outside:
      return "asleep outside its guest (stopped by its VMM?), seen for " +
             format_duration(vcpu.observed_ns);
    case asleep:
      return "asleep all the time, " + format_duration(vcpu.observed_ns);
    case not_judged:
      return lack_text(vcpu);
    case not_seen:
      break;
  }
  return "no event of it was seen";
}

std::string vcpu_text(const VcpuIdentity& who) {
  const std::string vm = who.vm == "?" ? "unknown VM" : who.vm;
  const std::string thread = fmt::format(", thread {}", who.tid);
  return !who.vcpu       ? vm + thread
         : who.vm == "?" ? fmt::format("{} vCPU {}{}", vm, *who.vcpu, thread)
                         : fmt::format("{} vCPU {}", vm, *who.vcpu);
}

}  // namespace

std::string quiet_reason(const QuietVcpu& vcpu) {
  std::string text = state_text(vcpu);
  if (vcpu.deliveries != 0) {
    text += fmt::format("; its timer fired {} while it ran", count_text(vcpu.deliveries, "time"));
  }
  return vcpu.lossy ? text + " (as far as no event was lost)" : text;
}

std::vector<Fix> quiet_fixes(QuietVcpu::Why why, std::string_view arch) {
  switch (why) {
    case always_polls:
      return {halt_polling(0)};
    case never_blocks:
      return {guest_never_blocks(arch == "aarch64")};
    case outside:
    case asleep:
    case not_seen:
    case not_judged:
      break;
  }
  return {};
}

Finding quiet_vcpu(const QuietVcpu& vcpu, std::string_view arch) {
  Finding finding;
  finding.rule = name_of(vcpu.why);
  finding.severity = Severity::info;
  const bool sure = vcpu.why == never_blocks || vcpu.why == always_polls;
  finding.confidence = !sure        ? Confidence::look
                       : vcpu.lossy ? Confidence::medium
                                    : Confidence::high;
  finding.subject.vm = vcpu.who.vm == "?" ? "" : vcpu.who.vm;
  finding.subject.vm_pid = vcpu.who.vm_pid;
  finding.subject.vcpu = vcpu.who.vcpu;
  finding.subject.tid = vcpu.who.tid;
  finding.text = vcpu_text(vcpu.who) + ": " + quiet_reason(vcpu);
  finding.evidence = {{"tid", std::uint64_t{vcpu.who.tid}}, {"cpu", known_or_null(vcpu.cpu)},
                      {"observed_ns", vcpu.observed_ns},    {"on_cpu_ns", vcpu.on_cpu_ns},
                      {"waiting_ns", vcpu.waiting_ns},      {"polls", known_or_null(vcpu.polls)},
                      {"switches", vcpu.switches},          {"sleeps", vcpu.sleeps},
                      {"deliveries", vcpu.deliveries},      {"lossy", vcpu.lossy}};
  finding.fixes = quiet_fixes(vcpu.why, arch);
  return finding;
}

}  // namespace wakepath::findings
