// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/advice.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace wakepath::findings {

namespace {

constexpr std::string_view kHaltPollFile = "/sys/module/kvm/parameters/halt_poll_ns";
constexpr std::string_view kWorkqueueFile = "/sys/devices/virtual/workqueue/cpumask";

Fix no_cpu_left() {
  return no_command(
      "every CPU that is known to be online is kept free, so none is left for it: keep fewer");
}

// "a; b", or nothing where one of them is not known.
template <typename Things, typename Command>
std::string each(const Things& things, Command command) {
  std::string text;
  for (const auto& thing : things) {
    if (thing.was.empty()) {
      return {};
    }
    text += (text.empty() ? "" : "; ") + command(thing);
  }
  return text;
}

template <typename Things, typename Number>
std::string numbers(const Things& things, Number number) {
  std::string text;
  for (const auto& thing : things) {
    text += (text.empty() ? "" : " ") + std::to_string(number(thing));
  }
  return text;
}

std::string pin_back(const std::vector<PinnedThread>& threads) {
  return each(threads, [](const PinnedThread& thread) {
    return fmt::format("taskset -cp {} {}", thread.was, thread.tid);
  });
}

}  // namespace

Fix no_command(std::string why) { return {{}, {}, std::move(why)}; }

Fix show(std::string command, std::string note) {
  return {std::move(command), {}, std::move(note), true};
}

Fix in_turn(const Fix& first, const Fix& second) {
  if (first.command.empty() || second.command.empty()) {
    return first.command.empty() ? second : first;
  }
  return {
      first.command + "; " + second.command,
      first.undo.empty() || second.undo.empty() ? std::string{} : first.undo + "; " + second.undo,
      first.note.empty() ? second.note : first.note};
}

Fix kernel_option(const std::string& option, std::string_view unless) {
  return no_command(
      fmt::format("{} on the kernel's command line{}{}: each boot loader has its own "
                  "command for that",
                  option, unless.empty() ? "" : ", unless ", unless));
}

Fix sysctl(std::string_view name, std::string_view value, std::string_view was) {
  return {fmt::format("sysctl {}={}", name, value),
          was.empty() ? std::string{} : fmt::format("sysctl {}={}", name, was),
          {}};
}

Fix write_file(std::string_view file, std::string_view value, std::string_view was) {
  return {fmt::format("echo {} >{}", value, file),
          was.empty() ? std::string{} : fmt::format("echo {} >{}", was, file),
          {}};
}

Fix pin_threads(const std::vector<PinnedThread>& threads, const CpuSet& to) {
  if (to.empty()) {
    return no_cpu_left();
  }
  const std::string command =
      threads.size() == 1
          ? fmt::format("taskset -cp {} {}", to.text(), threads.front().tid)
          : fmt::format("for tid in {}; do taskset -cp {} $tid; done",
                        numbers(threads, [](const PinnedThread& thread) { return thread.tid; }),
                        to.text());
  return {command, pin_back(threads), {}};
}

Fix pin_vcpu(const VmTarget& vm, std::uint32_t number, const PinnedThread& thread,
             std::uint32_t to) {
  if (!vm.virsh) {
    return {fmt::format("taskset -cp {} {}", to, thread.tid), pin_back({thread}), {}};
  }
  const std::string command = fmt::format("virsh vcpupin {} {} ", shell_word(vm.name), number);
  return {
      command + std::to_string(to), thread.was.empty() ? std::string{} : command + thread.was, {}};
}

Fix pin_emulator(const VmTarget& vm, const std::vector<PinnedThread>& emulator,
                 const std::vector<PinnedThread>& others, const CpuSet& to) {
  if (to.empty()) {
    return no_cpu_left();
  }
  if (!vm.virsh || emulator.empty()) {
    std::vector<PinnedThread> all = emulator;
    all.insert(all.end(), others.begin(), others.end());
    return pin_threads(all, to);
  }
  const std::string name = shell_word(vm.name);
  Fix fix{fmt::format("virsh emulatorpin {} {}", name, to.text()), {}, {}};
  // libvirt has one list for all of them.
  const std::string& was = emulator.front().was;
  const bool same = std::ranges::all_of(
      emulator, [&](const PinnedThread& thread) { return thread.was == was && !was.empty(); });
  fix.undo = same ? fmt::format("virsh emulatorpin {} {}", name, was) : std::string{};
  return others.empty() ? fix : in_turn(fix, pin_threads(others, to));
}

Fix move_memory(const VmTarget& vm, const CpuSet& from, const CpuSet& to) {
  if (vm.virsh) {
    return {
        fmt::format("virsh numatune {} --mode strict --nodeset {}", shell_word(vm.name), to.text()),
        fmt::format("virsh numatune {} --mode strict --nodeset {}", shell_word(vm.name),
                    from.text()),
        {}};
  }
  const std::string away = without(from, to).text();
  return {fmt::format("migratepages {} {} {}", vm.pid, away, to.text()), {}, {}};
}

Fix move_irqs(const std::vector<MovedIrq>& irqs, const CpuSet& to) {
  if (to.empty()) {
    return no_cpu_left();
  }
  const std::string command =
      irqs.size() == 1
          ? fmt::format("echo {} >/proc/irq/{}/smp_affinity_list", to.text(), irqs.front().number)
          : fmt::format("for irq in {}; do echo {} >/proc/irq/$irq/smp_affinity_list; done",
                        numbers(irqs, [](const MovedIrq& irq) { return irq.number; }), to.text());
  return {command,
          each(irqs,
               [](const MovedIrq& irq) {
                 return fmt::format("echo {} >/proc/irq/{}/smp_affinity_list", irq.was, irq.number);
               }),
          {}};
}

Fix keep_managed_irqs_off(const CpuSet& cpus) {
  return kernel_option("isolcpus=managed_irq,domain," + kernel_list(cpus));
}

Fix keep_perhaps_managed_off(const std::vector<MovedIrq>& irqs, const CpuSet& to,
                             const CpuSet& cpus, bool often) {
  const std::string off = fmt::format(
      "isolcpus=managed_irq,domain,{} on the kernel's command line, or fewer queues by its "
      "driver's "
      "options",
      kernel_list(cpus));
  if (often) {
    return no_command(fmt::format(
        "{}: this kernel does not say whether it is managed, as such interrupts often are (Linux "
        "6.12 says it); the kernel refuses to move one that is (EIO)",
        off));
  }
  Fix fix = move_irqs(irqs, to);
  if (!fix.command.empty()) {
    fix.note = "if the kernel refuses it (EIO), it is managed: " + off;
  }
  return fix;
}

Fix boot_irq_affinity(const CpuSet& to, const CpuSet& off) {
  return kernel_option(to.empty() ? fmt::format("irqaffinity= without {}", kernel_list(off))
                                  : "irqaffinity=" + kernel_list(to));
}

Fix isolate(const CpuSet& cpus) {
  return kernel_option("isolcpus=domain,managed_irq," + kernel_list(cpus));
}

Fix name_isolated_cpus() {
  return no_command(
      "name the guests' CPUs in these lists; where tuned writes the command line, in "
      "isolated_cores= "
      "of /etc/tuned/*-variables.conf: which CPUs these are is yours to say");
}

Fix default_irq_affinity(const CpuSet& to, const CpuSet& was) {
  Fix fix = write_file("/proc/irq/default_smp_affinity", cpu_mask(to), cpu_mask(was));
  fix.note = fmt::format("irqaffinity={} on the kernel's command line makes it last", to.text());
  return fix;
}

// Distributions keep its environment in one of two files; the last line of a name counts.
Fix ban_irqbalance(const CpuSet& from) {
  return {fmt::format("file=/etc/default/irqbalance; test -e $file || "
                      "file=/etc/sysconfig/irqbalance; echo IRQBALANCE_BANNED_CPULIST={} >>$file "
                      "&& systemctl restart irqbalance",
                      from.text()),
          {},
          {}};
}

Fix steer_packets(const CpuSet& to) {
  if (to.empty()) {
    return no_cpu_left();
  }
  return {
      fmt::format("for queue in /sys/class/net/*/queues/rx-*; do echo {} >$queue/rps_cpus; done",
                  cpu_mask(to)),
      {},
      {}};
}

Fix move_unbound_work(const CpuSet& to, const CpuSet& was) {
  return to.empty() ? no_cpu_left()
                    : write_file(kWorkqueueFile, cpu_mask(to), was.empty() ? "" : cpu_mask(was));
}

Fix find_tick_keeper(std::uint32_t cpu) {
  return show(fmt::format("ps -eLo psr,tid,comm | awk '$1 == {}'", cpu),
              "look for a second task there, or a POSIX CPU timer: either keeps the tick");
}

namespace {

Fix limits_of(std::string_view what) {
  if (what == "freezer") {
    return {"journalctl -k --grep 'PM: suspend'",
            {},
            "when the host was suspended; if it was not, freezer.state of the thread's cgroup (v1) "
            "held it"};
  }
  if (what.starts_with("real-time")) {
    return {"sysctl kernel.sched_rt_period_us kernel.sched_rt_runtime_us",
            {},
            "real-time tasks of a CPU may have so much of each period: look for one that spins, or "
            "raise the runtime"};
  }
  return {
      "find /sys/fs/cgroup -name cpu.max -exec grep -Hv '^max' {} +",
      {},
      "the groups that have a limit; nr_throttled in the cpu.stat beside it counts. If no group "
      "has one, core scheduling does the same"};
}

}  // namespace

Fix look_for_limit(std::string_view what) {
  Fix fix = limits_of(what);
  fix.look = true;
  return fix;
}

Fix show_task(std::uint32_t tid, std::string note) {
  return show(fmt::format("ps -fp {}", tid), std::move(note));
}

Fix look_for_steal(std::uint32_t cpu) {
  return show(fmt::format("rtla hwnoise -c {} -d 10s", cpu),
              "it shows time that nothing on this host took; /proc/stat has steal");
}

Fix limit_idle_states(const CpuSet& on, std::uint64_t latency_us) {
  return {fmt::format("cpupower -c {} idle-set -D {}", on.text(), latency_us), {}, {}};
}

Fix halt_polling(std::uint64_t ns, std::optional<std::uint64_t> was) {
  Fix fix =
      write_file(kHaltPollFile, std::to_string(ns), was ? std::to_string(*was) : std::string{});
  if (ns == 0) {
    fix.note = "some kernels then want the VM started anew";
  }
  return fix;
}

Fix guest_never_blocks(bool arm64) {
  return no_command(arm64 ? "the guest is busy, or its WFI does not trap: kvm-arm.wfi_trap_policy "
                            "in /proc/cmdline (Linux 6.12), or direct injection by GICv4 "
                            "(kvm-arm.vgic_v4_enable)"
                          : "the guest is busy, or its HLT does not exit (QEMU -overcommit "
                            "cpu-pm=on), or it polls by itself (cpuidle-haltpoll, idle=poll)");
}

Fix grant_capabilities(std::string_view capabilities, std::string_view program) {
  const std::string file = shell_word(program);
  return {
      fmt::format("setcap {}+ep {}", capabilities, file), "setcap -r " + file,
      "or run it as root; chgrp GROUP and chmod 750 before it keep it to a group; cap_sys_admin "
      "beside them brings --stats, cap_syslog the names of functions before Linux 5.13"};
}

Fix join_group(std::string_view user, std::string_view group) {
  const std::string who = shell_word(user);
  const std::string which = shell_word(group);
  return {fmt::format("usermod -aG {} {}", which, who), fmt::format("gpasswd -d {} {}", who, which),
          "run it as root, then log in anew; or run wakepath as root"};
}

Fix use_newer_kernel(std::string_view version) {
  return no_command(fmt::format("run Linux {} or later", version));
}

}  // namespace wakepath::findings
