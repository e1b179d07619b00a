// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/blame_text.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "findings/culprit.hpp"
#include "present/bars.hpp"
#include "present/finding_text.hpp"
#include "present/print.hpp"
#include "present/text_table.hpp"
#include "present/view.hpp"
#include "util/count_text.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

constexpr std::size_t kOtherColumns = 48;

}  // namespace

void append_blame(const std::vector<BlameGroup>& blame, std::size_t top, fmt::memory_buffer& out,
                  std::size_t width) {
  if (blame.empty() || blame.front().wakes < findings::kLeastBlamedWakes) {
    return;
  }
  constexpr std::size_t kFew = 6;
  const BlameGroup& all = blame.front();
  const std::size_t shown = top == 0 ? all.rows.size() : std::min({all.rows.size(), top, kFew});
  const bool p99 = all.p99_ns.has_value();
  using enum TextTable::Align;
  TextTable table({{"WHERE THE TIME WENT"},
                   {"SHARE", right},
                   {"TIME", right},
                   {"WAKES", right},
                   {"WORST", right},
                   {p99 ? "P99 WITHOUT" : "P50 WITHOUT", right}});
  table.row({"all wakes", "100%", format_duration(all.ns), fmt::format("{}", all.wakes), "",
             fmt::format("(now {})", format_duration(*(p99 ? all.p99_ns : all.p50_ns)))});
  std::uint64_t rest = all.rest_ns;
  for (std::size_t i = 0; i < all.rows.size(); ++i) {
    const BlameRow& row = all.rows[i];
    if (i >= shown) {
      rest += row.ns;
      continue;
    }
    table.row(
        {"  " + shorten_middle(escape_terminal(findings::culprit_name(row)), width - kOtherColumns),
         percent_text(row.ns, all.ns), format_duration(row.ns), fmt::format("{}", row.wakes),
         format_duration(row.worst_ns),
         format_duration(*(p99 ? row.p99_without_ns : row.p50_without_ns))});
  }
  if (rest != 0) {
    table.row(
        {"  all others (--top 0 shows them)", percent_text(rest, all.ns), format_duration(rest)});
  }
  print(out, "\n");
  table.render(out);
}

// The first line of the summary has the first of them already.
void append_culprits(const std::vector<BlameGroup>& blame, fmt::memory_buffer& out) {
  bool first = true;
  for (const Finding& finding : findings::culprits(blame)) {
    if (!std::exchange(first, false)) {
      print(out, "  also        {}\n", escape_terminal(finding.text));
    }
    append_fixes(finding.fixes, 14, out);
  }
}

}  // namespace wakepath::present
