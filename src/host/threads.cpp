// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/threads.hpp"

#include <sched.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "host/host_facts.hpp"
#include "host/kernel_line.hpp"
#include "host/read_file.hpp"
#include "host/text.hpp"
#include "host/vm_name.hpp"
#include "host/vms.hpp"

namespace wakepath::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostThreads = 50'000;
constexpr std::uint64_t kKernelThread = 0x00200000;  // PF_KTHREAD, include/linux/sched.h

// Its directories that are called by a number.
std::vector<std::uint32_t> numbers_in(const std::string& directory) {
  std::vector<std::uint32_t> numbers;
  std::error_code error;
  std::error_code not_one;
  for (fs::directory_iterator it(directory, error), end;
       !error && it != end && numbers.size() <= kMostThreads; it.increment(error)) {
    const auto number = whole_number<std::uint32_t>(it->path().filename().string());
    if (number && it->is_directory(not_one)) {
      numbers.push_back(*number);
    }
  }
  std::ranges::sort(numbers);
  return numbers;
}

// The text after "LABEL:" in a status file, without the blanks before it.
std::optional<std::string_view> status_field(std::string_view status, std::string_view label) {
  const std::size_t at = status.find(label);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view value = status.substr(at + label.size());
  value = value.substr(0, value.find('\n'));
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  return value;
}

std::optional<CpuSet> status_list(std::string_view status, std::string_view label) {
  const auto text = status_field(status, label);
  const auto list = text && !text->empty() ? CpuSet::parse(*text) : CpuSet::parse("x");
  return list ? std::optional(*list) : std::nullopt;
}

// proc(5), /proc/pid/stat: field 9 is `flags`, 41 is `policy`; 3 is the first behind the name.
void read_stat(const std::string& path, Thread& thread) {
  constexpr int kFlags = 9;
  constexpr int kPolicy = 41;
  const auto stat = read_file(path);
  const std::size_t end = stat ? stat->rfind(')') : std::string::npos;
  if (end == std::string::npos) {
    return;
  }
  std::string_view rest = std::string_view(*stat).substr(std::min(end + 2, stat->size()));
  for (int field = 3; !rest.empty() && field <= kPolicy; ++field) {
    const std::string_view text = next_piece(rest, ' ');
    if (field == kFlags) {
      thread.kernel = (whole_number<std::uint64_t>(text).value_or(0) & kKernelThread) != 0;
    } else if (field == kPolicy) {
      thread.policy = whole_number<std::uint32_t>(text);
    }
  }
}

struct Status {
  std::optional<CpuSet> allowed, mem_nodes;
};

Status read_status(const std::string& path) {
  const auto text = read_file(path);
  return text ? Status{status_list(*text, "\nCpus_allowed_list:"),
                       status_list(*text, "\nMems_allowed_list:")}
              : Status{};
}

std::string read_comm(const std::string& path) {
  auto comm = read_file(path);
  if (comm && comm->ends_with('\n')) {
    comm->pop_back();
  }
  return comm.value_or("");
}

// In the unified hierarchy, or in that of cpuset.
std::optional<CpuSet> read_cpuset(const std::string& root, std::string_view cgroup) {
  while (!cgroup.empty()) {
    std::string_view rest = next_piece(cgroup, '\n');
    next_piece(rest, ':');
    const std::string_view controllers = next_piece(rest, ':');
    if ((!controllers.empty() && controllers != "cpuset") || !rest.starts_with('/') ||
        rest.find("..") != std::string_view::npos) {
      continue;
    }
    for (const char* form : {"{}/sys/fs/cgroup{}/cpuset.cpus.effective",
                             "{}/sys/fs/cgroup/cpuset{}/cpuset.effective_cpus"}) {
      if (const auto line = read_line(fmt::format(fmt::runtime(form), root, rest))) {
        const auto list = CpuSet::parse(*line);
        return list && !list->empty() ? std::optional(*list) : std::nullopt;
      }
    }
  }
  return std::nullopt;
}

// irqbalance(1), ENVIRONMENT VARIABLES. If neither is set, it keeps off isolated and nohz_full CPUs
// by itself (procinterrupts and cputree.c, since 1.0.9).
Irqbalance read_irqbalance(const std::string& root, std::uint32_t pid) {
  Irqbalance balancer{pid, std::nullopt};
  const auto environment = read_file(fmt::format("{}/proc/{}/environ", root, pid));
  if (!environment || environment->empty()) {
    return balancer;
  }
  balancer.banned = CpuSet{};
  std::string_view rest = *environment;
  while (!rest.empty()) {
    std::string_view value = next_piece(rest, '\0');
    const std::string_view name = next_piece(value, '=');
    if (name == "IRQBALANCE_BANNED_CPULIST") {
      const auto list = CpuSet::parse(value);
      balancer.banned = list ? *list : CpuSet{};
    } else if (name == "IRQBALANCE_BANNED_CPUS") {
      balancer.banned = parse_cpu_mask(value).value_or(CpuSet{});
    }
  }
  return balancer;
}

// It belongs to another user, or was not copied.
bool hides_files(const std::string& process) {
  std::error_code error;
  const fs::directory_iterator files(process + "fd", error);
  return error.operator bool();
}

class Reader {
 public:
  Reader(const std::string& root, const CpuSet& everywhere)
      : root_(root), everywhere_(everywhere) {}

  Threads read() {
    for (Vm& vm : read_vms(root_)) {
      VmThreads& known = vms_[vm.pid];
      known.name = std::move(vm.name);
      known.pid = vm.pid;
    }
    const std::vector<std::uint32_t> processes = numbers_in(root_ + "/proc");
    threads_.seen = !processes.empty();
    threads_.hidden = threads_.seen && hides_files(fmt::format("{}/proc/{}/", root_, processes[0]));
    for (const std::uint32_t pid : processes) {
      process(pid);
    }
    for (auto& [pid, vm] : vms_) {
      finish(vm);
      threads_.vms.push_back(std::move(vm));
    }
    return std::move(threads_);
  }

 private:
  void process(std::uint32_t pid) {
    const std::string directory = fmt::format("{}/proc/{}/", root_, pid);
    std::vector<Thread> threads;
    bool is_vm = vms_.contains(pid);
    std::optional<CpuSet> mem_nodes;
    for (const std::uint32_t tid : numbers_in(directory + "task")) {
      if (++read_ > kMostThreads) {
        threads_.cut = true;
        break;
      }
      const std::string task = fmt::format("{}task/{}/", directory, tid);
      Thread thread{tid, pid, read_comm(task + "comm"), false, {}, {}};
      read_stat(task + "stat", thread);
      Status status = read_status(task + "status");
      thread.allowed = std::move(status.allowed);
      mem_nodes = mem_nodes ? mem_nodes : std::move(status.mem_nodes);
      threads.push_back(std::move(thread));
    }
    is_vm = is_vm || (hides_files(directory) && std::ranges::any_of(threads, [](const Thread& one) {
                        return !one.kernel && role_of(one.comm) == VmRole::vcpu;
                      }));
    if (!threads.empty() && threads.front().comm == "irqbalance" && is_irqbalance(root_, pid)) {
      threads_.irqbalance = read_irqbalance(root_, pid);
    }
    if (is_vm) {
      VmThreads& vm = vms_[pid];
      vm.pid = pid;
      vm.mem_nodes = std::move(mem_nodes);
      for (Thread& thread : threads) {
        const VmRole role = role_of(thread.comm);
        vm.threads.push_back({std::move(thread), role});
      }
      return;
    }
    // Until Linux 6.4 a VM's vhost threads are kernel threads.
    for (Thread& thread : threads) {
      if (thread.kernel && thread.comm.starts_with("vhost-")) {
        const auto owner = whole_number<std::uint32_t>(std::string_view(thread.comm).substr(6));
        if (owner) {
          vhosts_.emplace_back(*owner, std::move(thread));
        }
      } else if (!thread.kernel && thread.allowed &&
                 !without(everywhere_, *thread.allowed).empty()) {
        threads_.pinned.push_back(std::move(thread));
      }
    }
  }

  void finish(VmThreads& vm) {
    if (vm.name.empty()) {
      const auto name = read_vm_name(root_, vm.pid);
      vm.name = name ? name->name : fmt::format("{}", vm.pid);
    }
    const auto cgroup = read_file(fmt::format("{}/proc/{}/cgroup", root_, vm.pid));
    vm.libvirt = cgroup && !libvirt_name(*cgroup).empty();
    vm.cpuset = read_cpuset(root_, cgroup.value_or(""));
    for (auto& [owner, thread] : vhosts_) {
      if (owner == vm.pid) {
        vm.threads.push_back({std::move(thread), VmRole::vhost});
      }
    }
    std::erase_if(vhosts_, [&](const auto& vhost) { return vhost.first == vm.pid; });
  }

  const std::string& root_;
  const CpuSet& everywhere_;
  Threads threads_;
  std::map<std::uint32_t, VmThreads> vms_;
  std::vector<std::pair<std::uint32_t, Thread>> vhosts_;
  std::size_t read_{0};
};

}  // namespace

bool is_real_time(const Thread& thread) {
  return thread.policy == std::uint32_t{SCHED_FIFO} || thread.policy == std::uint32_t{SCHED_RR};
}

VmRole role_of(std::string_view comm) {
  constexpr std::array<std::string_view, 3> kOthers{"fc_vcpu", "vcpu", "crosvm_vcpu"};
  const auto begins = [comm](std::string_view start) { return comm.starts_with(start); };
  if ((begins("CPU ") && comm.ends_with("/KVM")) || std::ranges::any_of(kOthers, begins)) {
    return VmRole::vcpu;
  }
  return begins("vhost-") ? VmRole::vhost : begins("IO ") ? VmRole::iothread : VmRole::emulator;
}

Threads read_threads(const std::string& root, const CpuSet& everywhere) {
  return Reader(root, everywhere).read();
}

}  // namespace wakepath::host
