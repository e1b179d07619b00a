// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/table_sink.hpp"

#include "present/quiet_text.hpp"
#include "present/view.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

Result<void> TableSink::header(const Header& header) {
  run_.header = header;
  append_header(header, out_.buffer());
  return out_.commit();
}

Result<void> TableSink::wake(const WakeChain& chain) {
  run_.see(chain);
  return {};
}

Result<void> TableSink::delivery(const Delivery& /*delivery*/) { return {}; }

Result<void> TableSink::loss(const Loss& /*loss*/) {
  return {};
}  // counted by interval and summary

Result<void> TableSink::interval(const Interval& interval) {
  fmt::memory_buffer& out = out_.buffer();
  const auto print = [&out]<typename... Args>(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(fmt::appender(out), format, std::forward<Args>(args)...);
  };
  const LatencyTable::Worst worst = LatencyTable::worst(interval.rows);
  // Milliseconds are enough for a heading, and line up from one table to the next.
  const auto start = static_cast<std::int64_t>(run_.header.begin_ns.value_or(0));
  const auto at = [start](std::uint64_t ns) {
    return static_cast<double>(static_cast<std::int64_t>(ns) - start) / 1e9;
  };
  print("\n{:.3f}s - {:.3f}s  ", at(interval.begin_ns), at(interval.end_ns));
  if (interval.lost != 0) {
    print("LOST {} (see the end): ", count_text(interval.lost, "event"));
  }
  if (worst.row == nullptr) {
    print("no wakes\n");
    append_quiet(interval.quiet, options_.top, out);
    if (!explained_ && interval.quiet.empty()) {
      print("  {}\n", no_wakes_text(options_));
      explained_ = true;
    }
    cost(interval);
    return out_.commit();
  }
  const LatencyRow& row = *worst.row;
  print("{}{} of {}, worst p99 {} ({}{})\n", interval.lost == 0 ? "all stored: " : "",
        count_text(worst.wakes, "wake"), count_text(worst.vcpus, "vCPU"),
        format_duration(row.p99_ns), row.vm == "?" ? "unknown VM" : escape_terminal(row.vm),
        row.vcpu ? fmt::format(" vCPU {}", *row.vcpu) : "");
  table_.render(interval.rows, interval.end_ns - interval.begin_ns, out);
  append_quiet(interval.quiet, options_.top, out);
  cost(interval);
  return out_.commit();
}

void TableSink::cost(const Interval& interval) {
  if (interval.cost) {
    fmt::format_to(fmt::appender(out_.buffer()), "own cost so far: {}; {} left out\n",
                   cost_text(*interval.cost), count_text(interval.skipped, "event"));
  }
}

Result<void> TableSink::notice(const std::string& text) {
  fmt::format_to(fmt::appender(out_.buffer()), "note: {}\n", escape_terminal(text));
  return out_.commit();
}

Result<void> TableSink::summary(const Summary& summary) {
  out_.buffer().push_back('\n');
  append_summary(summary, run_, options_, out_.buffer());
  return out_.commit();
}

}  // namespace wakepath::present
