// SPDX-License-Identifier: GPL-2.0-or-later
// Tick records: where the clock and each CPU's totals stood before a drain.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "wakepath/record.hpp"

namespace wakepath::record {

class TickWriter {
 public:
  explicit TickWriter(std::uint32_t cpus) : before_(cpus) {}

  // From now on there are so many CPUs, if not more already.
  void add_cpus(std::uint32_t cpus);

  // The capture began at `now`: every CPU, with totals of zero.
  Result<void> write_first(std::uint64_t now_ns, RecordSink& sink);
  // `now_ns` must have been read before this call, `totals` of each CPU is read in it. Lists the
  // CPUs of which a number changed, or all with WP_TICK_ALL.
  // Of the flags WP_TICK_MISSED_THEN is for the caller to say.
  Result<void> write(std::uint64_t now_ns, std::uint64_t missed,
                     const std::function<wp_tick_cpu(std::uint32_t)>& totals, std::uint32_t flags,
                     RecordSink& sink);

 private:
  Result<void> send(std::uint64_t now_ns, std::uint64_t missed, std::uint32_t flags,
                    RecordSink& sink);

  std::uint64_t last_ns_{0};
  std::uint64_t last_missed_{0};
  std::uint32_t number_{0};
  std::vector<wp_tick_cpu> before_;
  std::vector<wp_tick_cpu> listed_;
  std::vector<std::byte> bytes_;
};

}  // namespace wakepath::record
