// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/name_aliases.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace wakepath::record {

namespace {

// With '#' for each run of digits: threads of the kernel, and of VMMs that have no name of a VM in
// them. Cut as the kernel cuts them.
constexpr std::array<std::string_view, 55> kTasksOfEveryHost{
    "swapper/#",       "kthreadd",        "kworker/#:#",     "kworker/#:#H",
    "kworker/u#:#",    "kworker/u#:#H",   "kworker/R",       "ksoftirqd/#",
    "ktimers/#",       "migration/#",     "cpuhp/#",         "rcu_sched",
    "rcu_preempt",     "rcu_bh",          "rcuc/#",          "rcub/#",
    "rcuop/#",         "rcuos/#",         "rcuog/#",         "rcu_tasks_kthre",
    "idle_inject/#",   "irq_work/#",      "posixcputmr/#",   "watchdog/#",
    "kswapd#",         "kcompactd#",      "khugepaged",      "ksmd",
    "kauditd",         "khungtaskd",      "oom_reaper",      "kdevtmpfs",
    "kdamond.#",       "CPU #/KVM",       "CPU #/TCG",       "fc_vcpu #",
    "vcpu#",           "kvm-vcpu-#",      "crosvm_vcpu#",    "IO mon_iothread",
    "vhost-#",         "kvm-pit/#",       "kvm-nx-lpage-re", "call_rcu",
    "qemu-system-aar", "qemu-system-x#",  "qemu-kvm",        "kvm",
    "firecracker",     "cloud-hyperviso", "crosvm",          "lkvm",
    "wakepath",        "worker",          "<...>",
};

// Interrupts that are no device's.
constexpr std::array<std::string_view, 12> kInterruptsOfEveryHost{
    "arch_timer",
    "arch_sys_timer",
    "kvm guest vtimer",
    "kvm guest ptimer",
    "kvm guest hvtimer",
    "kvm guest hptimer",
    "vgic",
    "arm-pmu",
    "armv#-pmu",
    "arm_spe",
    "timer",
    "IPI",
};

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

std::string without_digits(std::string_view name) {
  std::string family;
  for (const char byte : name) {
    if (!is_digit(byte)) {
      family += byte;
    } else if (family.empty() || family.back() != '#') {
      family += '#';
    }
  }
  return family;
}

// a, b, ... z, aa, ab, ...
std::string letters(std::size_t number) {
  constexpr std::size_t kLetters = 26;
  std::string text;
  for (number += 1; number > 0; number = (number - 1) / kLetters) {
    text.insert(text.begin(), static_cast<char>('a' + (number - 1) % kLetters));
  }
  return text;
}

}  // namespace

std::string NameAliases::alias(Names& of, std::string_view kind, std::string_view name) {
  if (name.empty()) {
    return {};
  }
  if (const auto known = of.names.find(name); known != of.names.end()) {
    return known->second;
  }
  const std::string family = without_digits(name);
  auto [place, is_new] = of.families.try_emplace(family);
  if (is_new) {
    place->second.alias = fmt::format("{}-{}", kind, letters(of.families.size() - 1));
  }
  Names::Family& shared = place->second;
  std::string result = family.find('#') == std::string::npos
                           ? shared.alias
                           : fmt::format("{}{}", shared.alias, shared.members);
  shared.members += 1;
  of.names.emplace(name, result);
  return result;
}

std::string NameAliases::task(std::string_view name) {
  const std::string family = without_digits(name);
  if (std::ranges::find(kTasksOfEveryHost, family) != kTasksOfEveryHost.end()) {
    return std::string(name);
  }
  // The thread of an interrupt: irq/43-eth0.
  constexpr std::string_view kThreaded = "irq/";
  if (const std::size_t dash = name.find('-');
      name.starts_with(kThreaded) && dash != std::string_view::npos &&
      std::ranges::all_of(name.substr(kThreaded.size(), dash - kThreaded.size()), is_digit)) {
    return std::string(name.substr(0, dash + 1)) + device(name.substr(dash + 1));
  }
  return alias(tasks_, "task", name);
}

std::string NameAliases::device(std::string_view name) {
  const std::string family = without_digits(name);
  return std::ranges::find(kInterruptsOfEveryHost, family) != kInterruptsOfEveryHost.end()
             ? std::string(name)
             : alias(devices_, "dev", name);
}

std::string NameAliases::vm(std::string_view name) { return alias(vms_, "vm", name); }

}  // namespace wakepath::record
