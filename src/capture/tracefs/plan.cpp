// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/tracefs/plan.hpp"

namespace wakepath::capture {

Result<std::vector<PlannedEvent>> tracefs_plan(
    const EventSet& events, std::string_view architecture,
    const std::function<bool(std::string_view system, std::string_view name)>& exists) {
  auto wanted = events.kinds;
  if (wanted.test(WP_EVENT_HRTIMER_EXPIRE_ENTRY)) {
    wanted.set(WP_EVENT_HRTIMER_START);
  }
  const bool has_kvm = exists("kvm", "kvm_entry");
  std::vector<PlannedEvent> plan;
  for (const Tracepoint& tracepoint : catalogue()) {
    PlannedEvent planned{&tracepoint, false, Via::tp_btf, {}, {}};
    const std::string_view system = tracepoint.system;
    if (system.empty()) {
      planned.reason = "no tracepoint tells it; BPF can";
    } else if (!belongs_to(tracepoint, architecture) || !exists(system, tracepoint.name)) {
      planned.reason = tracepoint.of_kvm && !has_kvm ? std::string(kNoKvm)
                                                     : why_absent(tracepoint, architecture);
    } else if (!tracepoint.required && !wanted.test(tracepoint.kind)) {
      planned.reason = "not in the event set";
    } else {
      planned.enabled = true;
    }
    if (tracepoint.required && !planned.enabled) {
      return fail(ErrorKind::unsupported,
                  "event " + std::string(tracepoint.name) + " is missing: " + planned.reason);
    }
    plan.push_back(std::move(planned));
  }
  return plan;
}

}  // namespace wakepath::capture
