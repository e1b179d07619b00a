// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the ARM64 counter in this process. EL0 of the host reads CNTVCT_EL0 without an offset, so
// it equals the physical counter that KVM subtracts a guest's offset from.
#pragma once

#include <cstdint>

namespace wakepath::guest {

#if defined(__aarch64__)
inline std::uint64_t host_counter() {
  std::uint64_t ticks = 0;
  asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks)::"memory");
  return ticks;
}

inline std::uint64_t host_counter_hz() {
  std::uint64_t hz = 0;
  asm volatile("mrs %0, cntfrq_el0" : "=r"(hz));
  return hz;
}
#endif

}  // namespace wakepath::guest
