// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/text/bodies.hpp"
#include "import/text/fields.hpp"

namespace wakepath::foreign::text {

namespace {

// "tick_sched_timer"; where a tool knows no name, its address: "0xffffc4bdf906dd60". trace-cmd's
// plugin puts the offset after the name: "tick_sched_timer/0x0".
template <typename Address>
void set_function(std::string_view text, TraceEvent& event, Address& address) {
  Fields fields(text);
  if (text.starts_with("0x") && fields.hex(address) && fields.at_end()) {
    return;
  }
  address = 0;
  event.name = text.substr(0, text.rfind("/0x"));
}

}  // namespace

// hrtimer=ffff80007ffc2120 function=tick_sched_timer expires=972000000 softexpires=972000000
// and from 4.16 on mode=..., from 7.1 on (stable 6.1.176, 6.12.107) was_armed=...
Body hrtimer_start(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  wp_hrtimer_start start{};
  std::string_view function;
  std::int64_t expires = 0;
  // A function of a module is followed by its name: "apic_timer_fn [kvm]".
  if (!fields.skip("hrtimer=") || !fields.pointer(start.timer) || !fields.skip(" function=") ||
      !fields.until(" expires=", function) || !fields.number(expires) ||
      !fields.skip(" softexpires=") || !fields.number(start.softexpires)) {
    return Body::unreadable;
  }
  if (fields.skip_past(" was_armed=")) {
    event.was_armed = !fields.rest().starts_with('0');
  }
  set_function(function, event, start.function);
  event.payload.hrtimer_start = start;
  return Body::event;
}

// hrtimer=ffff80007ffc2120
std::uint64_t cancelled_timer(std::string_view text) {
  Fields fields(text);
  std::uint64_t timer = 0;
  return fields.skip("hrtimer=") && fields.pointer(timer) && fields.at_end() ? timer : 0;
}

// hrtimer=ffff80007ffc2120 function=tick_sched_timer now=968084448
// trace-cmd's plugin: hrtimer=0xffff67fbbfba0990 now=4148138608 function=tick_sched_timer/0x0
Body hrtimer_expire_entry(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  wp_hrtimer_expire expire{};
  if (!fields.skip("hrtimer=") || !fields.pointer(expire.timer)) {
    return Body::unreadable;
  }
  std::string_view function;
  if (fields.skip(" now=")) {
    if (!fields.number(event.now_ns) || !fields.skip(" function=")) {
      return Body::unreadable;
    }
    function = fields.rest();
  } else if (!fields.skip(" function=") || !fields.until(" now=", function) ||
             !fields.number(event.now_ns)) {
    return Body::unreadable;
  }
  set_function(function, event, expire.function);
  event.payload.hrtimer = expire;
  return Body::event;
}

// hrtimer=ffff80007ffc2120
Body hrtimer_expire_exit(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  wp_hrtimer_expire expire{};
  if (!fields.skip("hrtimer=") || !fields.pointer(expire.timer) || !fields.at_end()) {
    return Body::unreadable;
  }
  event.payload.hrtimer = expire;
  return Body::event;
}

// work struct=ffff80007d678da8 function=process_srcu workqueue=rcu_gp req_cpu=64 cpu=1
// (before 5.7 the workqueue is a pointer); kthread: work struct=... function=... worker=...
Body work_queue(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  wp_work work{};
  std::string_view function;
  if (!fields.skip("work struct=") || !fields.pointer(work.work) || !fields.skip(" function=")) {
    return Body::unreadable;
  }
  work.cpu = WP_CPU_ANY;
  if (event.kind == WP_EVENT_KTHREAD_WORK_QUEUE) {
    if (!fields.until(" worker=", function)) {
      return Body::unreadable;
    }
  } else {
    // `cpu` is the pool's. Where no CPU was asked for, req_cpu is the kernel's NR_CPUS, which no
    // CPU has as its number.
    const std::size_t requested = text.rfind(" req_cpu=");
    std::int64_t request = 0;
    std::int64_t pool = 0;
    if (!fields.until(" workqueue=", function) || requested == std::string_view::npos) {
      return Body::unreadable;
    }
    Fields cpus(text.substr(requested));
    if (!cpus.skip(" req_cpu=") || !cpus.number(request) || !cpus.skip(" cpu=") ||
        !cpus.number(pool)) {
      return Body::unreadable;
    }
    if (request == pool && request >= 0 && request < WP_MAX_CPUS) {
      work.cpu = static_cast<std::uint32_t>(request);
    }
  }
  set_function(function, event, work.function);
  event.payload.work = work;
  return Body::event;
}

// work struct ffff80007d678da8: function process_srcu
// workqueue_execute_end before 5.6 does not tell the function.
Body work_execute(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  wp_work work{};
  if (!fields.skip("work struct ") || !fields.pointer(work.work)) {
    return Body::unreadable;
  }
  if (fields.skip(": function ")) {
    set_function(fields.rest(), event, work.function);
  } else if (event.kind != WP_EVENT_WORK_END || !fields.at_end()) {
    return Body::unreadable;
  }
  event.payload.work = work;
  return Body::event;
}

}  // namespace wakepath::foreign::text
