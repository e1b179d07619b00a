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
  return no_command("every CPU that is online is kept free, so none is left for it: keep fewer");
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

std::string joined(const std::string& first, const std::string& second) {
  return first.empty() || second.empty() ? first + second : first + "; " + second;
}

}  // namespace

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/+";
  if (!text.empty() && text.front() != '-' &&
      text.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(text);
  }
  std::string word = "'";
  for (const char character : text) {
    word += character == '\'' ? "'\\''" : std::string(1, character);
  }
  return word + "'";
}

Fix no_command(std::string why) { return {{}, {}, std::move(why)}; }

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

Fix pin_vcpus(const VmTarget& vm, const std::vector<PinnedVcpu>& vcpus) {
  std::string command;
  std::vector<PinnedThread> threads;
  for (const PinnedVcpu& vcpu : vcpus) {
    command = joined(
        command,
        vm.virsh ? fmt::format("virsh vcpupin {} {} {}", shell_word(vm.name), vcpu.vcpu, vcpu.to)
                 : fmt::format("taskset -cp {} {}", vcpu.to, vcpu.thread.tid));
    threads.push_back(vcpu.thread);
  }
  // virsh changes the cgroup's CPUs too, which taskset does not put back.
  const std::string undo =
      !vm.virsh ? pin_back(threads) : each(threads, [&](const PinnedThread& thread) {
        const auto vcpu = std::ranges::find(vcpus, thread.tid,
                                            [](const PinnedVcpu& one) { return one.thread.tid; });
        return fmt::format("virsh vcpupin {} {} {}", shell_word(vm.name), vcpu->vcpu, thread.was);
      });
  return {std::move(command), undo, {}};
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
  if (!others.empty()) {
    const Fix rest = pin_threads(others, to);
    fix.command = joined(fix.command, rest.command);
    fix.undo = fix.undo.empty() || rest.undo.empty() ? std::string{} : joined(fix.undo, rest.undo);
  }
  return fix;
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
  return kernel_option(fmt::format("isolcpus=managed_irq,domain,{}", cpus.text()));
}

Fix isolate(const CpuSet& cpus) {
  return kernel_option(fmt::format("isolcpus=domain,managed_irq,{}", cpus.text()));
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

Fix grant_capabilities(std::string_view program) {
  const std::string file = shell_word(program);
  return {"setcap cap_bpf,cap_perfmon,cap_sys_admin,cap_syslog+ep " + file, "setcap -r " + file,
          "or run it as root"};
}

Fix use_newer_kernel(std::string_view version) {
  return no_command(fmt::format("run Linux {} or later", version));
}

}  // namespace wakepath::findings
