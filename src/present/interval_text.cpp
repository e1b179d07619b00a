// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/interval_text.hpp"

#include "present/print.hpp"
#include "present/quiet_text.hpp"
#include "present/view.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

// Milliseconds are enough for a heading, and line up from one table to the next.
double since_begin(const RunView& run, std::uint64_t ns) {
  const auto begin = static_cast<std::int64_t>(run.header.begin_ns.value_or(0));
  return static_cast<double>(static_cast<std::int64_t>(ns) - begin) / 1e9;
}

}  // namespace

void append_interval(const Interval& interval, const RunView& run, const TextOptions& options,
                     LatencyTable& table, fmt::memory_buffer& out) {
  print(out, "\n{:.3f}s - {:.3f}s  ", since_begin(run, interval.begin_ns),
        since_begin(run, interval.end_ns));
  if (interval.lost != 0) {
    print(out, "LOST {} (see the end): ", count_text(interval.lost, "event"));
  }
  const LatencyTable::Worst worst = LatencyTable::worst(interval.rows);
  if (worst.longest == nullptr) {
    print(out, "no wakes\n");
  } else {
    const LatencyRow& row = worst.p99 != nullptr ? *worst.p99 : *worst.longest;
    const std::string max = "max " + format_duration(worst.longest->max_ns);
    print(out, "{}{} of {}, {} ({}{}{}){}\n", interval.lost == 0 ? "all stored: " : "",
          count_text(worst.wakes, "wake"), count_text(worst.vcpus, "vCPU"),
          worst.p99 != nullptr ? "worst p99 " + format_duration(row.p99_ns) : max,
          row.vm == "?" ? "unknown VM" : escape_terminal(row.vm),
          vm_suffix(row.vm_pid, std::nullopt), row.vcpu ? fmt::format(" vCPU {}", *row.vcpu) : "",
          worst.p99 != nullptr ? ", " + max : "");
    table.render(interval.rows, interval.end_ns - interval.begin_ns, out);
  }
  append_quiet(interval.quiet, options.top, out);
}

bool is_unexplained(const Interval& interval) {
  return LatencyTable::worst(interval.rows).longest == nullptr && interval.quiet.empty();
}

}  // namespace wakepath::present
