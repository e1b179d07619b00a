// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/missing_events.hpp"

#include <algorithm>
#include <array>

#include "util/trace_tool.hpp"
#include "wakepath/event.hpp"

namespace wakepath::foreign {

namespace {

constexpr std::array kOfKvm{WP_EVENT_KVM_ENTRY, WP_EVENT_KVM_EXIT, WP_EVENT_KVM_VCPU_WAKEUP,
                            WP_EVENT_KVM_TIMER_UPDATE_IRQ};

}  // namespace

bool wakeup_stands_for_waking(const std::vector<bool>& kinds) {
  return !kinds[WP_EVENT_WAKING] && kinds[WP_EVENT_WAKEUP];
}

std::vector<std::string> missing_events(const std::vector<bool>& kinds, std::string_view form) {
  // Those of function_graph are made of calls, and a capture says itself what it lacks.
  if (form.starts_with("function_graph") || form == "tracefs") {
    return {};
  }
  std::vector<std::string> lines;
  if (std::ranges::none_of(kOfKvm, [&](wp_event_kind kind) { return kinds[kind]; })) {
    lines.push_back("no kvm events: guest entry is not known; " + record_event(form, "kvm", ""));
  } else if (!kinds[WP_EVENT_KVM_ENTRY]) {
    lines.push_back("no kvm_entry: guest entry is not known; if that was not recorded: " +
                    record_event(form, "kvm", "kvm_entry"));
  } else if (!kinds[WP_EVENT_KVM_EXIT] && !kinds[WP_EVENT_KVM_USERSPACE_EXIT] &&
             kinds[WP_EVENT_SWITCH]) {
    lines.push_back(
        "no kvm_exit: each sleep of a vCPU's thread passes for one of its guest, also one in its "
        "VMM; " +
        record_event(form, "kvm", "kvm_exit"));
  }
  if (wakeup_stands_for_waking(kinds)) {
    lines.push_back(
        "no sched_waking: sched_wakeup stands for it: a little later, and for a task of another "
        "CPU "
        "it may come from there; " +
        record_event(form, "sched", "sched_waking"));
  } else if (!kinds[WP_EVENT_WAKING]) {
    lines.push_back("no sched_waking: who woke a vCPU is not known; " +
                    record_event(form, "sched", "sched_waking"));
  }
  if (!kinds[WP_EVENT_SWITCH]) {
    lines.push_back(
        "no sched_switch: when who was woken got a CPU is not known, and vcpu_entry begins at the "
        "waking; " +
        record_event(form, "sched", "sched_switch"));
  }
  return lines;
}

std::vector<Fact> missing_event_facts(const std::vector<bool>& kinds) {
  std::vector<Fact> facts;
  for (const wp_event_kind kind : {WP_EVENT_KVM_ENTRY, WP_EVENT_WAKING, WP_EVENT_SWITCH}) {
    if (!kinds[kind]) {
      const bool stands = kind == WP_EVENT_WAKING && wakeup_stands_for_waking(kinds);
      facts.emplace_back(
          EventFact{false, event_name(kind),
                    stands ? "not in the trace; sched_wakeup stands for it" : "not in the trace"});
    }
  }
  return facts;
}

}  // namespace wakepath::foreign
