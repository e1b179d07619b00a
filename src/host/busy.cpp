// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/busy.hpp"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include "host/thread_usage.hpp"

namespace wakepath::host {
namespace {

constexpr std::size_t kMostMetered = 4096;

}  // namespace

BusyMeter::BusyMeter(std::string root, const std::vector<Thread>& threads)
    : root_(std::move(root)) {
  for (const Thread& thread : threads) {
    Reading reading{thread.tgid, thread.tid, 0, {}};
    if (!thread.kernel && thread.allowed && thread.allowed->size() == 1 &&
        first_.size() < kMostMetered && read(reading)) {
      first_.push_back(reading);
    }
  }
}

bool BusyMeter::read(Reading& reading) const {
  const auto usage = read_thread_usage(root_, {.tgid = reading.tgid, .tid = reading.tid});
  if (!usage) {
    return false;
  }
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  const auto tick_ns = kNsPerSecond / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  reading.at = Clock::now();
  reading.used_ns = usage->run_ns.value_or((usage->user_ticks + usage->system_ticks) * tick_ns);
  return true;
}

std::map<std::uint32_t, unsigned> BusyMeter::percent() const {
  std::map<std::uint32_t, unsigned> percent;
  for (const Reading& before : first_) {
    Reading after = before;
    if (!read(after) || after.at <= before.at || after.used_ns < before.used_ns) {
      continue;
    }
    const double spent = std::chrono::duration<double, std::nano>(after.at - before.at).count();
    const double share = static_cast<double>(after.used_ns - before.used_ns) * 100 / spent;
    percent[before.tid] = static_cast<unsigned>(std::min(share + 0.5, 100.0));
  }
  return percent;
}

}  // namespace wakepath::host
