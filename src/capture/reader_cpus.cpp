// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/reader_cpus.hpp"

#include <memory>

#include <sched.h>

#include "wakepath/abi.h"

namespace wakepath::capture {

namespace {

struct FreeCpus {
  void operator()(cpu_set_t* set) const { CPU_FREE(set); }
};

}  // namespace

void run_reader_on(const CpuSet& cpus) {
  const std::size_t size = CPU_ALLOC_SIZE(WP_MAX_CPUS);
  const std::unique_ptr<cpu_set_t, FreeCpus> mine(CPU_ALLOC(WP_MAX_CPUS));
  if (!mine || ::sched_getaffinity(0, size, mine.get()) != 0) {
    return;
  }
  bool changed = false;
  for (std::size_t cpu = 0; cpu < WP_MAX_CPUS; ++cpu) {
    if (CPU_ISSET_S(cpu, size, mine.get()) && !cpus.contains(static_cast<std::uint32_t>(cpu))) {
      CPU_CLR_S(cpu, size, mine.get());
      changed = true;
    }
  }
  if (changed && CPU_COUNT_S(size, mine.get()) > 0) {
    ::sched_setaffinity(0, size, mine.get());
  }
}

}  // namespace wakepath::capture
