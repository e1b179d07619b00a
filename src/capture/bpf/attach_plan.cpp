// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/attach_plan.hpp"

#include <algorithm>

namespace wakepath::capture {

namespace {

const TracepointShape* shape_of(const Features& features, std::string_view name) {
  const auto found = features.tracepoints.find(name);
  return found == features.tracepoints.end() ? nullptr : &found->second;
}

// The argument at `index` where its kind is known.
std::optional<Argument> argument(const Features& features, std::string_view name,
                                 std::size_t index) {
  const TracepointShape* shape = shape_of(features, name);
  if (shape == nullptr || !shape->arguments || index >= shape->arguments->size()) {
    return std::nullopt;
  }
  return (*shape->arguments)[index];
}

// (preempt, prev, next[, state]), or (preempt, state, prev, next) in 5.18-rc1 to rc6.
Result<std::uint8_t> switch_state_arg(const Features& features) {
  const auto is = [&](std::size_t index, Argument kind) {
    return argument(features, "sched_switch", index) == kind;
  };
  if (is(1, Argument::pointer) && is(2, Argument::pointer)) {
    return is(3, Argument::integer) ? std::uint8_t{3} : std::uint8_t{0};
  }
  if (is(1, Argument::integer) && is(2, Argument::pointer) && is(3, Argument::pointer)) {
    return std::uint8_t{1};
  }
  return fail(
      ErrorKind::unsupported,
      "the tracepoint sched_switch of this kernel has arguments that wakepath does not know");
}

}  // namespace

bool belongs_to(const Tracepoint& tracepoint, std::string_view architecture) {
  switch (tracepoint.where) {
    case Where::arm64:
      return architecture == "aarch64";
    case Where::x86_64:
      return architecture == "x86_64";
    case Where::everywhere:
      break;
  }
  return true;
}

std::string why_absent(const Tracepoint& tracepoint, std::string_view architecture) {
  if (!belongs_to(tracepoint, architecture)) {
    return tracepoint.where == Where::arm64 ? "only ARM64 has it" : "only x86_64 has it";
  }
  if (tracepoint.name == kVcpuKick) {
    return "this kernel has no kprobes, or hides where this function is";
  }
  if (tracepoint.of_kvm) {
    return "this kernel's KVM has no such tracepoint";
  }
  if (!tracepoint.since.empty()) {
    return "this kernel has no such tracepoint (Linux has it since " +
           std::string(tracepoint.since) + ")";
  }
  return "this kernel has no such tracepoint";
}

Result<AttachPlan> make_plan(const Features& features, const EventSet& events) {
  AttachPlan plan;
  for (const Tracepoint& tracepoint : catalogue()) {
    PlannedEvent planned{&tracepoint, false, Via::tp_btf, {}, {}};
    const TracepointShape* shape = shape_of(features, tracepoint.name);
    const bool by_probe = tracepoint.name == kVcpuKick;
    if (by_probe) {
      planned.function = features.kick_function;
    }
    const bool there = by_probe ? !planned.function.empty() : shape != nullptr;
    if (!there || !belongs_to(tracepoint, features.architecture)) {
      planned.reason = tracepoint.of_kvm && !features.has_kvm()
                           ? std::string(kNoKvm)
                           : why_absent(tracepoint, features.architecture);
      if (tracepoint.required) {
        return fail(ErrorKind::unsupported, "tracepoint " + std::string(tracepoint.name) +
                                                " is missing: " + planned.reason);
      }
    } else if (!tracepoint.required && !events.kinds.test(tracepoint.kind)) {
      planned.reason = "not in the event set";
    } else {
      planned.enabled = true;
      planned.via = by_probe ? Via::kprobe : shape->in_module ? Via::raw_tp : Via::tp_btf;
    }
    plan.events.push_back(std::move(planned));
  }
  const auto state_arg = switch_state_arg(features);
  if (!state_arg) {
    return tl::unexpected(state_arg.error());
  }
  const bool arm64 = features.architecture == "aarch64";
  plan.constants.switch_state_arg = *state_arg;
  plan.constants.work_end_has_function = argument(features, "workqueue_execute_end", 1).has_value();
  plan.constants.kvm_exit_has_reason = argument(features, "kvm_exit", 0) == Argument::integer;
  plan.constants.kvm_exit_has_class =
      arm64 && argument(features, "kvm_exit", 1) == Argument::integer;
  plan.constants.kvm_entry_has_pc =
      arm64 && argument(features, "kvm_entry", 0) == Argument::integer;
  plan.constants.every_kvm_event = events.every_kvm_event;
  plan.constants.user_exits_seen =
      std::ranges::any_of(plan.events, [](const PlannedEvent& planned) {
        return planned.enabled && planned.tracepoint->kind == WP_EVENT_KVM_USERSPACE_EXIT;
      });
  plan.constants.preempt_count_from_rq = features.preempt_count_from_rq.value_or(0);
  return plan;
}

}  // namespace wakepath::capture
