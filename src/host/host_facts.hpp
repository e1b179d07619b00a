// SPDX-License-Identifier: GPL-2.0-or-later
// What /proc and /sys say of a host, read below a root directory that is given ("/" for this one).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/cpu_set.hpp"
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

// CPUs on which the reader may run: online, neither isolated nor nohz_full; all online ones where
// that leaves none.
CpuSet housekeeping(const Cpus& cpus);

struct VmName {
  std::string name;
  std::uint32_t tgid{};
};
// The VM that the thread or process `pid` belongs to: QEMU's "-name guest=NAME" or "-name NAME",
// libvirt's machine slice in its cgroup ("machine-qemu\x2d1\x2dweb1.scope" -> web1), else the
// process's comm. nullopt where it is gone.
std::optional<VmName> read_vm_name(const std::string& root, std::uint32_t pid);

struct Process {
  std::uint32_t tgid{};
  std::string comm;
};
std::optional<Process> read_thread(const std::string& root, std::uint32_t tid);

// One that is called so; nullopt: there is none that we can see.
std::optional<std::uint32_t> find_process(const std::string& root, std::string_view comm);

// When the process started, in clock ticks since boot; nullopt where it is gone. The same number
// and the same start: the same process.
std::optional<std::uint64_t> read_process_start(const std::string& root, std::uint32_t pid);
// What read_process_start says of a process that started at this time of CLOCK_BOOTTIME.
std::uint64_t start_ticks(std::uint64_t start_ns);

// This process as /proc numbers it. Where the kernel has another number for it, /proc is that of
// another PID namespace than the initial one, as in a container.
std::optional<std::uint32_t> read_own_pid(const std::string& root);

// Of a symbol as the kernel prints it: without " [module]", and without what compilers append to
// clones of a function, such as ".isra.0".
std::string_view function_name(std::string_view symbol);

// Kernel symbols by address, from kallsyms: read once, sorted. With kptr_restrict all addresses are
// zero: restricted() is then true and every lookup fails.
class Symbols {
 public:
  static Result<Symbols> read(const std::string& root);
  // Of a file with lines as /proc/kallsyms has them, perhaps of another machine.
  static Result<Symbols> read_file(const std::string& path);
  [[nodiscard]] bool restricted() const { return restricted_; }
  // The symbol that starts exactly at `address`, or that contains it; as function_name() has it.
  // nullopt: none.
  [[nodiscard]] std::optional<std::string> name(std::uint64_t address) const;
  // Only one that starts there: what a file does not list hides behind no other.
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
