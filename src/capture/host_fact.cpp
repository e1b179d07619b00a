// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/host_fact.hpp"

#include <sys/utsname.h>

namespace wakepath::capture {

namespace {

std::uint64_t counter_hz() {
#if defined(__aarch64__)
  std::uint64_t hz = 0;
  asm volatile("mrs %0, cntfrq_el0" : "=r"(hz));
  return hz;
#else
  return 0;
#endif
}

}  // namespace

std::uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

std::optional<std::uint64_t> realtime_offset_ns() {
  constexpr std::uint64_t kMostNs = 100'000;
  for (int tries = 0; tries < 5; ++tries) {
    const std::uint64_t before = clock_ns(CLOCK_MONOTONIC);
    const std::uint64_t time_of_day = clock_ns(CLOCK_REALTIME);
    const std::uint64_t after = clock_ns(CLOCK_MONOTONIC);
    if (after - before <= kMostNs) {
      return time_of_day - before;
    }
  }
  return std::nullopt;
}

Fact host_fact(std::uint32_t cpus, std::uint64_t bg_timer_offset, const std::string& options) {
  utsname names{};
  ::uname(&names);
  return HostFact{cpus,          counter_hz(),  bg_timer_offset,  realtime_offset_ns().value_or(0),
                  names.release, names.machine, WAKEPATH_VERSION, options};
}

}  // namespace wakepath::capture
