// SPDX-License-Identifier: GPL-2.0-or-later
// GraphEvents: what a vCPU's thread does.
#include <algorithm>
#include <array>
#include <utility>

#include "import/graph/events.hpp"

namespace wakepath::foreign::graph {

namespace {

constexpr std::int32_t kTrap = 2;  // ARM_EXCEPTION_TRAP (arch/arm64/include/asm/kvm_asm.h)
constexpr std::int32_t kInterrupt = 0;
constexpr std::int32_t kNotObservable = -1;

bool is_kvm(Role role) { return role >= Role::kvm_load; }

bool is_block(const Frame& frame) { return frame.role == Role::kvm_block; }

bool runs_guest(const Thread& thread) {
  return std::any_of(thread.stack.begin(), thread.stack.end() - 1,
                     [](const Frame& frame) { return frame.role == Role::kvm_run; });
}

// ESR_ELx_EC_* of what kvm_exit's handlers are for (arch/arm64/kvm/handle_exit.c); 0: of several.
std::uint32_t exception_class(std::string_view handler) {
  constexpr std::array<std::pair<std::string_view, std::uint32_t>, 5> kHandlers{{
      {"kvm_handle_wfx", 0x01},
      {"handle_hvc", 0x16},
      {"handle_smc", 0x17},
      {"kvm_handle_sys_reg", 0x18},
      {"io_mem_abort", 0x24},  // of data, for no instruction can be emulated
  }};
  const auto found = std::find_if(kHandlers.begin(), kHandlers.end(),
                                  [&](const auto& entry) { return entry.first == handler; });
  return found == kHandlers.end() ? 0 : found->second;
}

bool is_x86(std::string_view name) { return name.starts_with("vmx_") || name.starts_with("svm_"); }

}  // namespace

// The kvm_entry tracepoint stands after kvm_arm_setup_debug(), and kvm_exit's after
// kvm_arm_clear_debug(), with __kvm_vcpu_run() between them, which an nVHE host can't trace:
// kvm_arch_vcpu_ioctl_run(), 4.14 to 6.13. Later there is kvm_arm_vcpu_enter_exit().
void GraphEvents::guest_entry(const Where& where, Thread& thread, Vcpu& vcpu) {
  if (!vcpu.in_guest) {
    vcpu.in_guest = true;
    push(where, thread, WP_EVENT_KVM_ENTRY);
  }
}

void GraphEvents::guest_exit(const Where& where, Thread& thread, Vcpu& vcpu) {
  if (!vcpu.in_guest) {
    return;
  }
  vcpu.in_guest = false;
  EventQueue::Held event = held(where, thread, WP_EVENT_KVM_EXIT);
  event.event.payload.kvm_exit.ret = kNotObservable;
  event.event.x86 = is_x86(thread.stack.back().name);
  vcpu.exit = queue_.push(std::move(event));
}

void GraphEvents::exit_reason(Vcpu& vcpu, std::int32_t ret, std::uint32_t esr_ec) {
  EventQueue::Held* exit = queue_.find(vcpu.exit);
  if (exit != nullptr && !exit->event.x86) {
    exit->event.payload.kvm_exit.ret = ret;
    exit->event.payload.kvm_exit.esr_ec = esr_ec;
  }
  vcpu.exit = kNone;
}

void GraphEvents::enter_kvm(const Where& where, Thread& thread) {
  const Frame& call = thread.stack.back();
  if (thread.tid.value_or(0) == 0 || (context(where.cpu, thread) & ~WP_CONTEXT_KNOWN) != 0) {
    return;
  }
  if (!is_kvm(call.role)) {
    return;
  }
  if (vcpus_.size() >= kVcpuThreads && !vcpus_.contains(*thread.tid)) {
    return;
  }
  Vcpu& vcpu = vcpus_[*thread.tid];
  wakes_.is_vcpu(thread);
  switch (call.role) {
    case Role::kvm_unblock:
      woken(wakes_.back(where, thread), thread);
      break;
    case Role::kvm_run:
      guest_entry(where, thread, vcpu);
      break;
    case Role::kvm_clear:
      guest_exit(where, thread, vcpu);
      break;
    case Role::kvm_exit_reason:
    case Role::kvm_mmio:
      if (const std::uint32_t esr_ec = exception_class(base_name(call.name))) {
        exit_reason(vcpu, kTrap, esr_ec);
      }
      break;
    default:
      break;
  }
}

void GraphEvents::leave_kvm(const Where& where, Thread& thread) {
  const Frame& call = thread.stack.back();
  const auto found = thread.tid ? vcpus_.find(*thread.tid) : vcpus_.end();
  if (found == vcpus_.end() || !is_kvm(call.role) ||
      (context(where.cpu, thread) & ~WP_CONTEXT_KNOWN) != 0) {
    return;
  }
  Vcpu& vcpu = found->second;
  switch (call.role) {
    case Role::kvm_setup:
      guest_entry(where, thread, vcpu);
      break;
    case Role::kvm_run:
      if (!runs_guest(thread)) {
        guest_exit(where, thread, vcpu);
      }
      break;
    case Role::kvm_exit:
      // No handler is called where an interrupt was the reason.
      if (call.leaf) {
        exit_reason(vcpu, kInterrupt, 0);
      }
      vcpu.exit = kNone;
      break;
    case Role::kvm_unblock:
      // Of a wait that began before the trace, the functions around it have no end.
      if (vcpu.came_back && std::none_of(thread.stack.begin(), thread.stack.end(), is_block)) {
        vcpu.came_back = false;
        EventQueue::Held event = held(where, thread, WP_EVENT_KVM_VCPU_WAKEUP);
        event.event.payload.vcpu_wakeup.waited = 1;
        queue_.push(std::move(event));
      }
      break;
    case Role::kvm_block: {
      woken(wakes_.back(where, thread), thread);
      const bool outermost = std::none_of(thread.stack.begin(), thread.stack.end() - 1, is_block);
      const bool waited = call.switched || (!call.seen && vcpu.came_back);
      vcpu.came_back = false;
      if (outermost && (call.seen || waited)) {
        EventQueue::Held event = held(where, thread, WP_EVENT_KVM_VCPU_WAKEUP);
        event.event.payload.vcpu_wakeup.waited = waited ? 1 : 0;
        queue_.push(std::move(event));
      }
      break;
    }
    default:
      break;
  }
}

}  // namespace wakepath::foreign::graph
