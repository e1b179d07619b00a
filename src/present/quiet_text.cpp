// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/quiet_text.hpp"

#include <algorithm>
#include <string>

#include "present/view.hpp"
#include "util/duration.hpp"

namespace wakepath::present {

namespace {

std::string share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0
             ? "?"
             : fmt::format("{:.1f}%", static_cast<double>(part) * 100 / static_cast<double>(whole));
}

std::string reason(const QuietVcpu& vcpu) {
  using enum QuietVcpu::Why;
  const std::string seen_polls = vcpu.polls ? "" : "; halt polling can't be seen here";
  switch (vcpu.why) {
    case never_blocks: {
      std::string text = "never blocks: on its CPU " + share(vcpu.on_cpu_ns, vcpu.observed_ns);
      if (vcpu.waiting_ns != 0) {
        text += ", waiting for it " + share(vcpu.waiting_ns, vcpu.observed_ns);
      }
      return text + " of " + format_duration(vcpu.observed_ns) + seen_polls;
    }
    case always_polls:
      return fmt::format(
          "{} sleeps: halt polling met {}", vcpu.sleeps == 0 ? "never" : "hardly",
          vcpu.sleeps == 0 ? count_text(vcpu.polls.value_or(0), "wake")
                           : fmt::format("{} of {}", vcpu.polls.value_or(0),
                                         count_text(vcpu.polls.value_or(0) + vcpu.sleeps, "wake")));
    case outside:
      return "asleep outside its guest (stopped by its VMM?)";
    case asleep:
      return "asleep all the time";
    case not_seen:
      break;
  }
  return "no event of it was seen";
}

}  // namespace

void append_quiet(const std::vector<QuietVcpu>& vcpus, std::size_t top, fmt::memory_buffer& out) {
  std::vector<const QuietVcpu*> shown;
  shown.reserve(vcpus.size());
  for (const QuietVcpu& vcpu : vcpus) {
    shown.push_back(&vcpu);
  }
  std::ranges::stable_sort(shown, {}, &QuietVcpu::why);
  const std::size_t lines = top == 0 ? shown.size() : std::min(top, shown.size());
  for (std::size_t i = 0; i < lines; ++i) {
    const QuietVcpu& vcpu = *shown[i];
    fmt::format_to(fmt::appender(out), "  {}: {}", who_text(vcpu.who), reason(vcpu));
    if (vcpu.deliveries != 0) {
      fmt::format_to(fmt::appender(out), "; its timer fired {} while it ran",
                     count_text(vcpu.deliveries, "time"));
    }
    fmt::format_to(fmt::appender(out), "{}\n", vcpu.lossy ? " (as far as no event was lost)" : "");
  }
  if (lines < shown.size()) {
    fmt::format_to(fmt::appender(out), "  … and {} (--top {} shows all)\n",
                   count_text(shown.size() - lines, "more vCPU"), shown.size());
  }
}

std::string_view fix_for(QuietVcpu::Why why, std::string_view arch) {
  if (why == QuietVcpu::Why::always_polls) {
    return "echo 0 >/sys/module/kvm/parameters/halt_poll_ns (some kernels then want the VM started "
           "anew)";
  }
  if (why != QuietVcpu::Why::never_blocks) {
    return "";
  }
  if (arch == "aarch64") {
    return "the guest is busy, or its WFI does not trap: kvm-arm.wfi_trap_policy in /proc/cmdline "
           "(Linux 6.12), or direct injection by GICv4 (kvm-arm.vgic_v4_enable)";
  }
  return "the guest is busy, or its HLT does not exit (QEMU -overcommit cpu-pm=on), or it polls by "
         "itself (cpuidle-haltpoll, idle=poll)";
}

}  // namespace wakepath::present
