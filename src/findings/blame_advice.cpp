// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/blame_advice.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "findings/advice.hpp"
#include "interrupts/irq_words.hpp"

namespace wakepath::findings {

namespace {

constexpr std::string_view kUnboundWorker = "kworker/u";

// The kernel binds them to a CPU, and refuses to move them.
bool is_bound_kernel_thread(std::string_view task) {
  constexpr std::array<std::string_view, 9> kBegins{"kworker/",     "ksoftirqd/", "migration/",
                                                    "cpuhp/",       "rcuc/",      "ktimers/",
                                                    "idle_inject/", "watchdog/",  "irq_work/"};
  return std::ranges::any_of(kBegins, [&](auto begin) { return task.starts_with(begin); });
}

std::string cpu_text(std::optional<std::uint32_t> cpu) {
  return cpu ? fmt::format("CPU {}", *cpu) : std::string("the vCPUs' CPUs");
}

}  // namespace

bool is_tracer(std::string_view task) { return task.starts_with("wakepath"); }

Fix move_task(std::string_view task, std::optional<std::uint32_t> tid, std::string_view off) {
  if (is_tracer(task)) {
    return no_command(
        "by its name that is wakepath itself: run it on other CPUs (taskset -c LIST wakepath ...)");
  }
  if (task.starts_with(kUnboundWorker)) {
    return no_command(
        "its work is bound to no CPU: /sys/devices/virtual/workqueue/cpumask says where it may "
        "run");
  }
  if (is_bound_kernel_thread(task)) {
    return no_command(
        "the kernel's own thread of that CPU, which nothing moves: wakepath audit says what gives "
        "it work");
  }
  return tid ? show_task(*tid,
                         fmt::format("then keep it off {} (taskset -cp), or move the vCPU", off))
             : no_command(fmt::format(
                   "keep it off {} (taskset -cp), or move the vCPU; its thread is not known", off));
}

bool is_own_interrupt(std::string_view what, const Interrupt* interrupt) {
  return interrupts::is_per_cpu_action(interrupt != nullptr && !interrupt->action.empty()
                                           ? std::string_view(interrupt->action)
                                           : what.substr(0, what.find(": ")));
}

Fix move_interrupt(std::string_view what, const Interrupt* interrupt, std::uint64_t longest_ns,
                   std::optional<std::uint32_t> cpu) {
  const bool tick = what.find(": tick_") != std::string_view::npos;
  if (tick && cpu) {
    return find_tick_keeper(*cpu);
  }
  if (is_own_interrupt(what, interrupt)) {
    return longest_ns >= kLongOwnInterrupt && cpu
               ? look_for_steal(*cpu)
               : no_command("each CPU has its own, and nothing moves it");
  }
  return interrupt != nullptr && interrupt->irq != WP_IRQ_UNKNOWN
             ? show(fmt::format("wakepath irqs --name {}", shell_word(interrupt->action)),
                    fmt::format("whose it is, and where it may go; wakepath irqs move takes it off "
                                "{}",
                                cpu_text(cpu)))
             : no_command(fmt::format("wakepath audit says what else runs on {}", cpu_text(cpu)));
}

Fix forbid_idle_state(std::string_view what, const CpuSet& cpus) {
  constexpr std::string_view kLead = "idle state ";
  const std::string_view state =
      what.starts_with(kLead) ? what.substr(kLead.size()) : std::string_view();
  if (state.empty() || cpus.empty() ||
      state.find_first_not_of("0123456789") != std::string_view::npos) {
    return no_command(
        "cpupower idle-info names the states, cpupower idle-set -D LATENCY_US turns the "
        "deep ones off; which state it was is not in the recording");
  }
  return {fmt::format("cpupower -c {} idle-set -d {}", cpus.text(), state),
          fmt::format("cpupower -c {} idle-set -e {}", cpus.text(), state),
          "these CPUs draw more power while they are idle"};
}

void move_to(Finding& finding, const CpuSet& free) {
  const Subject& subject = finding.subject;
  if (free.empty() || !subject.tid) {
    return;
  }
  for (Fix& fix : finding.fixes) {
    if (fix.look && fix.command == show_task(*subject.tid, {}).command) {
      fix = pin_threads({{*subject.tid}}, free);
      fix.note = "CPUs that are not kept for guests, and woke no vCPU";
    }
  }
}

}  // namespace wakepath::findings
