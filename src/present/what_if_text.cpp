// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/what_if_text.hpp"

#include <string>
#include <vector>

#include "analysis/histogram.hpp"
#include "present/print.hpp"
#include "present/text_table.hpp"
#include "present/view.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

std::vector<std::string> cells(const char* name, const LatencyRow& row) {
  std::vector<std::string> out{name};
  const auto percentile = [&](double q, std::uint64_t ns) {
    const bool carried = row.count >= analysis::needed_for_quantile(q);
    out.push_back(carried ? format_duration(ns) : std::string("*"));
  };
  percentile(0.5, row.p50_ns);
  percentile(0.9, row.p90_ns);
  percentile(0.99, row.p99_ns);
  percentile(0.999, row.p999_ns);
  out.push_back(format_duration(row.max_ns));
  return out;
}

}  // namespace

void append_what_if(const Summary& summary, fmt::memory_buffer& out) {
  if (!summary.what_if) {
    return;
  }
  const WhatIf& what = *summary.what_if;
  using enum TextTable::Align;
  TextTable table({{"WHAT IF"},
                   {"P50", right, 6},
                   {"P90", right, 6},
                   {"P99", right, 6},
                   {"P99.9", right, 6},
                   {"MAX", right, 6}});
  table.row(cells("  as it is", what.now));
  table.row(cells("  without", what.then));
  print(out, "\n");
  table.render(out);
  for (const WhatIf::Class& one : what.classes) {
    print(out, "  without {}: {}\n", escape_terminal(one.text),
          one.ns == 0 ? std::string("no wake lost time to it")
                      : fmt::format("{} less in {} of {}", format_duration(one.ns), one.wakes,
                                    count_text(what.of_wakes, "wake")));
  }
  if (what.classes.size() > 1) {
    print(out, "  together: {} less of {}, in {} of {}\n", format_duration(what.ns),
          format_duration(what.of_ns), what.wakes, count_text(what.of_wakes, "wake"));
  }
  for (const std::string& open : what.open) {
    print(out, "  {}\n", open);
  }
}

}  // namespace wakepath::present
