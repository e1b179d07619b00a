// SPDX-License-Identifier: GPL-2.0-or-later
// The one table of advice: each fix stands here once, whoever finds what it mends. Commands are for
// a shell and run as they stand. What was there before, where it is given, makes the way back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/cpu_set.hpp"
#include "util/shell_word.hpp"
#include "wakepath/finding.hpp"

namespace wakepath::findings {

using wakepath::shell_word;

// No command can be given: what to do, and why no command does it.
Fix no_command(std::string why);
// The command mends nothing: it shows what `note` has something to say of.
Fix show(std::string command, std::string note);
// Both, one after the other; either may be empty.
Fix in_turn(const Fix& first, const Fix& second);
// Each boot loader has its own way.
Fix kernel_option(const std::string& option, std::string_view unless = {});
// `was`: empty where it is not known.
Fix sysctl(std::string_view name, std::string_view value, std::string_view was = {});
Fix write_file(std::string_view file, std::string_view value, std::string_view was = {});

// ----- Who runs where

struct PinnedThread {
  std::uint32_t tid{};
  std::string was{};  // the CPUs that it may run on now; empty: not known
};
// `to` may be empty: then no CPU is left, and the fix says so.
Fix pin_threads(const std::vector<PinnedThread>& threads, const CpuSet& to);

// A VM, as virsh knows it, where it does.
struct VmTarget {
  std::string name;
  std::uint32_t pid{};
  bool virsh{};  // it is libvirt's, and no other VM has its name
};
// `number` is the vCPU's, for virsh.
Fix pin_vcpu(const VmTarget& vm, std::uint32_t number, const PinnedThread& thread,
             std::uint32_t to);
// The emulator and vhost threads are virsh's to move; iothreads and others go by their number.
Fix pin_emulator(const VmTarget& vm, const std::vector<PinnedThread>& emulator,
                 const std::vector<PinnedThread>& others, const CpuSet& to);
// To the NUMA nodes `to`, from those of `from` that are not among them.
Fix move_memory(const VmTarget& vm, const CpuSet& from, const CpuSet& to);

// What held threads off an idle CPU, as blame of the kind "limit" names it.
Fix look_for_limit(std::string_view what);

// ----- Interrupts and work of the kernel

struct MovedIrq {
  std::uint32_t number{};
  std::string was{};  // its CPUs now; empty: not known
};
Fix move_irqs(const std::vector<MovedIrq>& irqs, const CpuSet& to);
// The kernel alone moves managed interrupts.
Fix keep_managed_irqs_off(const CpuSet& cpus);
// Before Linux 6.12 nothing tells which are managed. `often`: those of this kind often are, so a
// command that moves it would fail.
Fix keep_perhaps_managed_off(const std::vector<MovedIrq>& irqs, const CpuSet& to,
                             const CpuSet& cpus, bool often);
// irqaffinity= on the kernel's command line. `to` may be empty: not known.
Fix boot_irq_affinity(const CpuSet& to, const CpuSet& off);
Fix isolate(const CpuSet& cpus);
// The lists of the kernel's command line are empty.
Fix name_isolated_cpus();
Fix default_irq_affinity(const CpuSet& to, const CpuSet& was);
Fix ban_irqbalance(const CpuSet& from);
// Of all network devices.
Fix steer_packets(const CpuSet& to);
// `was`: empty where it is not known.
Fix move_unbound_work(const CpuSet& to, const CpuSet& was);
// A second task, or a POSIX CPU timer, keeps the tick of a nohz_full CPU: the command lists the
// threads that ran there last.
Fix find_tick_keeper(std::uint32_t cpu);
// For what the reader has to end or to configure himself, as `note` says.
Fix show_task(std::uint32_t tid, std::string note);
// Time that nothing on this host took.
Fix look_for_steal(std::uint32_t cpu);
Fix limit_idle_states(const CpuSet& on, std::uint64_t latency_us);

// ----- KVM

Fix halt_polling(std::uint64_t ns, std::optional<std::uint64_t> was = std::nullopt);
Fix guest_never_blocks(bool arm64);

// ----- What a capture needs

// `capabilities` as setcap takes them; `program`: its path.
Fix grant_capabilities(std::string_view capabilities, std::string_view program);
Fix join_group(std::string_view user, std::string_view group);
Fix use_newer_kernel(std::string_view version);

}  // namespace wakepath::findings
