// SPDX-License-Identifier: GPL-2.0-or-later
// Latencies by VM, vCPU, path and stage as a table. Where not all paths fit, it shows the worst.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "present/text_table.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::present {

class LatencyTable {
 public:
  enum class Form { interval, summary };

  // Shows at most `top` paths, the ones whose totals have the worst p99; 0: all.
  LatencyTable(Form form, std::size_t top);
  // `span_ns`: the length of the interval that the rows are of, for its rate.
  void render(const std::vector<LatencyRow>& rows, std::uint64_t span_ns, fmt::memory_buffer& out);

  struct Worst {
    // Totals of single paths; null where there is none.
    const LatencyRow* longest{};
    const LatencyRow* p99{};  // of those that have wakes enough for a p99
    std::uint64_t wakes{};    // in all totals of single paths
    std::size_t vcpus{};
  };
  static Worst worst(const std::vector<LatencyRow>& rows);

  // Does a `*` stand where too few wakes carry a percentile? Asked once for all that was rendered.
  bool take_mark() { return std::exchange(marked_, false); }

 private:
  struct Group;
  void add(const Group& group, std::uint64_t span_ns);

  Form form_;
  std::size_t top_;
  TextTable table_;
  bool marked_{false};
};

// Are there wakes enough for a p99?
bool carries_p99(const LatencyRow& row);
// The line that explains the `*`, where there is one.
void append_mark(LatencyTable& table, fmt::memory_buffer& out);

// The table of each path with its stages, and the mark; nothing where there are no wakes. `top`:
// as of LatencyTable.
void append_path_table(const Summary& summary, std::size_t top, fmt::memory_buffer& out);

}  // namespace wakepath::present
