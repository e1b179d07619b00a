// SPDX-License-Identifier: GPL-2.0-or-later
// The text of each event, by rooms of the kernel. They fill in all but the kind.
#pragma once

#include <string_view>

#include "import/text/event_body.hpp"

namespace wakepath::foreign::text {

// include/trace/events/irq.h, arch/x86/include/asm/trace/irq_vectors.h, ipi.h, power.h
Body irq_entry(std::string_view text, TraceEvent& event);
Body irq_exit(std::string_view text, TraceEvent& event);
Body vector(std::string_view text, TraceEvent& event);
Body ipi_raise(std::string_view text, TraceEvent& event);
Body ipi_send(std::string_view text, TraceEvent& event);
Body ipi_handler(std::string_view text, TraceEvent& event);
Body softirq(std::string_view text, TraceEvent& event);
Body cpu_idle(std::string_view text, TraceEvent& event);

// timer.h, workqueue.h, sched.h (kthread work)
Body hrtimer_start(std::string_view text, TraceEvent& event);
// hrtimer_cancel, which is no event of the stream: its timer; 0: it can't be read.
std::uint64_t cancelled_timer(std::string_view text);
Body hrtimer_expire_entry(std::string_view text, TraceEvent& event);
Body hrtimer_expire_exit(std::string_view text, TraceEvent& event);
Body work_queue(std::string_view text, TraceEvent& event);
Body work_execute(std::string_view text, TraceEvent& event);

// sched.h, signal.h, task.h
Body wake(std::string_view text, TraceEvent& event);
Body sched_switch(std::string_view text, TraceEvent& event);
Body migrate(std::string_view text, TraceEvent& event);
Body task_exit(std::string_view text, TraceEvent& event);
Body signal_generate(std::string_view text, TraceEvent& event);
Body task_rename(std::string_view text, TraceEvent& event);

// include/trace/events/kvm.h, arch/arm64/kvm/trace_arm.h (4.14: virt/kvm/arm/trace.h),
// arch/x86/kvm/trace.h
Body kvm_entry(std::string_view text, TraceEvent& event);
Body kvm_exit(std::string_view text, TraceEvent& event);
Body kvm_vcpu_wakeup(std::string_view text, TraceEvent& event);
Body kvm_timer_update_irq(std::string_view text, TraceEvent& event);
Body kvm_timer_context(std::string_view text, TraceEvent& event);
Body kvm_userspace_exit(std::string_view text, TraceEvent& event);

}  // namespace wakepath::foreign::text
