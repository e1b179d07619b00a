// SPDX-License-Identifier: GPL-2.0-or-later
// A thread's use of CPUs so far.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace wakepath::host {

struct ThreadUsage {
  std::uint64_t user_ticks{};  // of USER_HZ; in the VMM, without the guest's
  std::uint64_t guest_ticks{};
  std::uint64_t system_ticks{};
  std::uint64_t blocked{};  // times that it left its CPU by itself
  // Time on a CPU, and time waiting for one. nullopt: the kernel does not count it.
  std::optional<std::uint64_t> run_ns, wait_ns;
};

struct ThreadOfProcess {
  std::uint32_t tgid{};
  std::uint32_t tid{};
};

// nullopt: it has ended.
std::optional<ThreadUsage> read_thread_usage(const std::string& root,
                                             const ThreadOfProcess& thread);

}  // namespace wakepath::host
