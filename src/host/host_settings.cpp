// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/host_settings.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <system_error>

#include <fmt/format.h>

#include "host/host_facts.hpp"
#include "host/interrupt_table.hpp"
#include "host/read_file.hpp"
#include "host/text.hpp"
#include "wakepath/abi.h"

namespace wakepath::host {
namespace {

constexpr std::uint32_t kMostNodes = 1024;
constexpr std::uint32_t kMostIdleStates = 10;  // CPUIDLE_STATE_MAX, include/linux/cpuidle.h
// Each CPU has about ten files. On a larger host the first ones stand for all.
constexpr std::size_t kMostIdleCpus = 512;

std::optional<CpuSet> read_list(const std::string& path) {
  const auto line = read_line(path);
  if (!line) {
    return std::nullopt;
  }
  // Kernels print "(null)" for nohz_full if the option is not given.
  const auto list = CpuSet::parse(*line == "(null)" ? "" : *line);
  return list ? std::optional(*list) : std::nullopt;
}

std::optional<CpuSet> read_mask(const std::string& path) {
  const auto line = read_line(path);
  return line ? parse_cpu_mask(*line) : std::nullopt;
}

template <typename Number>
std::optional<Number> read_number(const std::string& path) {
  const auto line = read_line(path);
  return line ? whole_number<Number>(*line) : std::nullopt;
}

// "always [madvise] never" -> "madvise"
std::string read_choice(const std::string& path) {
  const std::string line = read_line(path).value_or("");
  const std::size_t open = line.find('[');
  const std::size_t close = line.find(']', std::min(open, line.size()));
  return close == std::string::npos ? "" : line.substr(open + 1, close - open - 1);
}

bool is_directory(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

bool has_cpu_directory(const std::string& directory) {
  std::error_code error;
  std::filesystem::directory_iterator it(directory, error);
  for (const std::filesystem::directory_iterator end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with("cpu") && all_digits(std::string_view(name).substr(3))) {
      return true;
    }
  }
  return false;
}

// "processor : 3"
CpuSet cpus_in_cpuinfo(std::string_view text) {
  constexpr std::string_view kKey = "processor";
  CpuSet cpus;
  while (!text.empty()) {
    std::string_view line = next_piece(text, '\n');
    if (!line.starts_with(kKey)) {
      continue;
    }
    line.remove_prefix(std::min(line.find_first_not_of(" \t:", kKey.size()), line.size()));
    const auto number = whole_number<std::uint32_t>(line);
    if (number && *number < WP_MAX_CPUS) {
      cpus.add(*number);
    }
  }
  return cpus;
}

// What other files than sysfs tell of the CPUs that are online: a copy may have few files.
std::optional<CpuSet> online_elsewhere(const std::string& root) {
  constexpr std::size_t kLargest = std::size_t{16} << 20U;
  if (CpuSet cpus = cpus_in_cpuinfo(read_file(root + "/proc/cpuinfo", kLargest).value_or(""));
      !cpus.empty()) {
    return cpus;
  }
  CpuSet cpus;
  const auto table = read_interrupts(root);
  for (const std::uint32_t cpu : table ? table->cpus : std::vector<std::uint32_t>{}) {
    cpus.add(cpu);
  }
  return cpus.empty() ? std::nullopt : std::optional(std::move(cpus));
}

void read_cpus_of(const std::string& root, HostSettings& settings) {
  const std::string cpus = root + "/sys/devices/system/cpu/";
  if (const auto possible = read_list(cpus + "possible"); possible && !possible->empty()) {
    settings.possible = possible->list().back() + 1;
    settings.online = possible;
  }
  if (auto online = read_list(cpus + "online"); online && !online->empty()) {
    settings.online = std::move(online);
  }
  if (!settings.online) {
    settings.online = online_elsewhere(root);
  }
  if (settings.possible == 0 && settings.online) {
    settings.possible = settings.online->list().back() + 1;
  }
  settings.cpus_seen = has_cpu_directory(cpus);
  settings.isolated = read_list(cpus + "isolated");
  settings.nohz_full = read_list(cpus + "nohz_full");
  if (const auto more = read_list(root + "/sys/fs/cgroup/cpuset.cpus.isolated")) {
    settings.isolated = united(settings.isolated.value_or(CpuSet{}), *more);
  }
}

void read_command_line(const std::string& root, HostSettings& settings) {
  const auto line = read_file(root + "/proc/cmdline");
  if (!line) {
    return;
  }
  const std::map<std::string, std::string> options = parse_kernel_line(*line);
  constexpr std::array kLists{"isolcpus", "nohz_full", "rcu_nocbs", "irqaffinity"};
  settings.cpu_options.emplace();
  IsolCpus isolcpus;
  for (const char* const name : kLists) {
    const auto given = options.find(name);
    if (given == options.end()) {
      continue;
    }
    CpuOption& option = settings.cpu_options->emplace_back(CpuOption{name, given->second, {}});
    if (option.name == "isolcpus") {
      const auto parsed = parse_isolcpus(option.text, settings.possible);
      isolcpus = parsed.value_or(IsolCpus{});
      option.cpus = parsed ? std::optional(parsed->cpus) : std::nullopt;
    } else {
      option.cpus = parse_kernel_cpus(option.text, settings.possible);
    }
    settings.highest_named =
        std::max(settings.highest_named, highest_named(option.text).value_or(0));
  }
  // A list that the kernel can't read is as none.
  const auto list = [&](const char* name) {
    const auto found = std::ranges::find(*settings.cpu_options, name, &CpuOption::name);
    return found == settings.cpu_options->end() ? CpuSet{} : found->cpus.value_or(CpuSet{});
  };
  settings.rcu_nocbs = list("rcu_nocbs");
  settings.managed_irq = isolcpus.managed_irq ? isolcpus.cpus : CpuSet{};
  if (!settings.nohz_full) {
    settings.nohz_full = united(list("nohz_full"), isolcpus.nohz ? isolcpus.cpus : CpuSet{});
  }
  if (!settings.isolated) {
    settings.isolated = isolcpus.domain ? isolcpus.cpus : CpuSet{};
  }
  const auto policy = options.find("kvm-arm.wfi_trap_policy");
  settings.wfi_trap_policy = policy == options.end() ? "" : policy->second;
}

void read_knobs(const std::string& root, HostSettings& settings) {
  const std::string sysctl = root + "/proc/sys/kernel/";
  settings.irq_default = read_mask(root + "/proc/irq/default_smp_affinity");
  settings.workqueue_cpus = read_mask(root + "/sys/devices/virtual/workqueue/cpumask");
  settings.rt_runtime_us = read_number<std::int64_t>(sysctl + "sched_rt_runtime_us");
  settings.rt_period_us = read_number<std::int64_t>(sysctl + "sched_rt_period_us");
  if (const auto migrates = read_number<std::uint64_t>(sysctl + "timer_migration")) {
    settings.timer_migration = *migrates != 0;
  }
  settings.numa_balancing = read_number<std::uint64_t>(sysctl + "numa_balancing");
  settings.halt_poll_ns =
      read_number<std::uint64_t>(root + "/sys/module/kvm/parameters/halt_poll_ns");
  settings.ksm_run = read_number<std::uint64_t>(root + "/sys/kernel/mm/ksm/run");
  settings.ksm_pages_sharing =
      read_number<std::uint64_t>(root + "/sys/kernel/mm/ksm/pages_sharing");
  settings.mm_seen = is_directory(root + "/sys/kernel/mm");
  settings.thp_enabled = read_choice(root + "/sys/kernel/mm/transparent_hugepage/enabled");
  settings.thp_defrag = read_choice(root + "/sys/kernel/mm/transparent_hugepage/defrag");
}

void read_idle(const std::string& root, const CpuSet& of, HostSettings& settings) {
  const std::string cpus = root + "/sys/devices/system/cpu/";
  settings.idle_governor = read_line(cpus + "cpuidle/current_governor").value_or("");
  std::map<std::pair<std::uint64_t, std::string>, CpuSet> states;
  std::size_t seen = 0;
  for (const std::uint32_t cpu : of.list()) {
    if (++seen > kMostIdleCpus) {
      break;
    }
    for (std::uint32_t number = 0; number < kMostIdleStates; ++number) {
      const std::string state = fmt::format("{}cpu{}/cpuidle/state{}/", cpus, cpu, number);
      const auto latency = read_number<std::uint64_t>(state + "latency");
      const auto name = latency ? read_line(state + "name") : std::nullopt;
      if (!latency) {
        break;
      }
      if (read_number<std::uint64_t>(state + "disable") == std::uint64_t{0}) {
        states[{*latency, name.value_or("")}].add(cpu);
      }
    }
  }
  for (const auto& [key, on] : states) {
    settings.idle_states.push_back({key.second, key.first, on});
  }
}

void read_nodes(const std::string& root, HostSettings& settings) {
  const std::string directory = root + "/sys/devices/system/node/";
  const auto numbers = read_list(directory + "online");
  if (!numbers) {
    return;
  }
  for (const std::uint32_t number : numbers->list()) {
    auto cpus = read_list(fmt::format("{}node{}/cpulist", directory, number));
    if (cpus && settings.nodes.size() < kMostNodes) {
      settings.nodes.push_back({number, std::move(*cpus)});
    }
  }
}

}  // namespace

CpuSet everywhere(const HostSettings& settings) {
  const CpuSet kept =
      united(settings.isolated.value_or(CpuSet{}), settings.nohz_full.value_or(CpuSet{}));
  CpuSet left = without(settings.online.value_or(CpuSet{}), kept);
  return left.empty() ? settings.online.value_or(CpuSet{}) : left;
}

CpuSet pinned_vcpu_cpus(const HostSettings& settings) {
  const CpuSet free = everywhere(settings);
  CpuSet cpus;
  for (const VmThreads& vm : settings.threads.vms) {
    for (const VmThread& one : vm.threads) {
      const bool pinned = one.thread.allowed && !without(free, *one.thread.allowed).empty();
      if (one.role == VmRole::vcpu && pinned) {
        cpus = united(cpus, *one.thread.allowed);
      }
    }
  }
  return cpus;
}

HostSettings read_settings(const std::string& root) {
  HostSettings settings;
  if (auto kernel = read_kernel(root.empty() ? "/" : root)) {
    settings.release = std::move(kernel->release);
    settings.machine = std::move(kernel->machine);
  }
  read_cpus_of(root, settings);
  read_command_line(root, settings);
  read_knobs(root, settings);
  settings.threads = read_threads(root, everywhere(settings));
  read_nodes(root, settings);
  read_idle(
      root,
      united(united(settings.isolated.value_or(CpuSet{}), settings.nohz_full.value_or(CpuSet{})),
             pinned_vcpu_cpus(settings)),
      settings);
  return settings;
}

}  // namespace wakepath::host
