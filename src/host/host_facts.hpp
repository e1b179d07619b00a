// SPDX-License-Identifier: GPL-2.0-or-later
// Facts of a host from /proc and /sys, read below a given root directory ("/" for this host).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/cpu_set.hpp"
#include "util/fd.hpp"
#include "wakepath/result.hpp"

namespace wakepath::host {

struct Kernel {
  std::string release;
  std::string machine;  // "aarch64", "x86_64"; empty: not known
};
Result<Kernel> read_kernel(const std::string& root);

struct Cpus {
  std::uint32_t possible{};  // highest number + 1
  CpuSet online;
  CpuSet isolated;  // isolcpus=domain, /sys/devices/system/cpu/isolated
  CpuSet nohz_full;
};
Result<Cpus> read_cpus(const std::string& root);

// CPUs for the reader: online, neither isolated nor nohz_full. If there are none, all online CPUs.
CpuSet housekeeping(const Cpus& cpus);

struct VmName {
  std::string name;
  std::uint32_t tgid{};
};
// The VM that the thread or process `pid` belongs to: QEMU's "-name guest=NAME" or "-name NAME",
// libvirt's machine slice in its cgroup ("machine-qemu\x2d1\x2dweb1.scope" -> web1), else the
// process's comm. nullopt: it has ended.
std::optional<VmName> read_vm_name(const std::string& root, std::uint32_t pid);

struct Process {
  std::uint32_t tgid{};
  std::string comm;
};
std::optional<Process> read_thread(const std::string& root, std::uint32_t tid);

// Any process can call itself so. It has to be root's, and to run the program of that name, as far
// as that can be told.
bool is_irqbalance(const std::string& root, std::uint32_t pid);
// nullopt: none is visible.
std::optional<std::uint32_t> find_irqbalance(const std::string& root);

// The start of a process, in clock ticks since boot. nullopt: it has ended. The same number and the
// same start mean the same process.
std::optional<std::uint64_t> read_process_start(const std::string& root, std::uint32_t pid);
// The value of read_process_start() for a process that started at this time of CLOCK_BOOTTIME.
std::uint64_t start_ticks(std::uint64_t start_ns);

// The number of this process in /proc. If the kernel has another number for it, /proc shows another
// PID namespace than the initial one, as in a container.
std::optional<std::uint32_t> read_own_pid(const std::string& root);

// The function's name in a symbol that the kernel prints: without " [module]", and without the
// suffix that compilers give to clones of a function, such as ".isra.0".
std::string_view function_name(std::string_view symbol);

// Kernel symbols by address, from kallsyms: read once, sorted. With kptr_restrict all addresses are
// zero: restricted() is then true and every lookup fails.
class Symbols {
 public:
  static Result<Symbols> read(const std::string& root);
  // Reads a file in the form of /proc/kallsyms, perhaps from another machine. `path` is for the
  // message.
  static Result<Symbols> read_file(const Fd& file, const std::string& path);
  [[nodiscard]] bool restricted() const { return restricted_; }
  // The function_name() of the symbol that contains `address`. nullopt: none.
  [[nodiscard]] std::optional<std::string> name(std::uint64_t address) const;
  // Only a symbol that starts at `address`, so that an unlisted function does not get another's
  // name.
  [[nodiscard]] std::optional<std::string> name_at(std::uint64_t address) const;

 private:
  struct Entry {
    std::uint64_t address;
    std::uint32_t offset;  // into names_
  };
  std::vector<Entry> entries_;
  std::string names_;
  bool restricted_{false};
};

}  // namespace wakepath::host
