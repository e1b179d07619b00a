// SPDX-License-Identifier: GPL-2.0-or-later
// The tables of the first page.
#include <algorithm>
#include <string>
#include <vector>

#include "analysis/moment.hpp"
#include "present/bars.hpp"
#include "present/page_cells.hpp"
#include "present/page_text.hpp"
#include "present/print.hpp"
#include "present/text_table.hpp"
#include "present/view.hpp"
#include "util/count_text.hpp"
#include "util/duration.hpp"
#include "util/shell_word.hpp"

namespace wakepath::present {

namespace {

using enum TextTable::Align;

const char* title_of(Ranking by) {
  switch (by) {
    case Ranking::vm:
      return "WHO WAITS: VM";
    case Ranking::vcpu:
      return "WHO WAITS";
    case Ranking::stage:
      return "STAGE";
    case Ranking::path:
      return "PATH";
    case Ranking::root:
      return "ROOT";
    case Ranking::cpu:
      return "WHERE IT WOKE";
  }
  return "";
}

}  // namespace

void append_ranking(const Summary& summary, const TextOptions& options, fmt::memory_buffer& out) {
  if (summary.ranking.empty()) {
    return;
  }
  constexpr std::size_t kNumbers = 46;
  const std::size_t over_columns = summary.target ? 13 : 0;
  const std::size_t key_columns = options.width - kNumbers - over_columns;
  std::vector<TextTable::Column> columns{
      {title_of(options.by)}, {"WAKES", right, 5}, {"P50", right, 6}, {"P90", right, 6},
      {"P99", right, 6},      {"P99.9", right, 6}, {"MAX", right, 6}};
  if (summary.target) {
    columns.push_back({">" + format_duration(summary.target->target_ns), right});
  }
  TextTable table(std::move(columns));
  bool marked = false;
  const std::size_t all = summary.ranking.size();
  const std::size_t shown = options.top == 0 ? all : std::min(all, options.top);
  for (std::size_t i = 0; i < shown; ++i) {
    const LatencyRow& row = summary.ranking[i];
    std::vector<std::string> cells{shorten_middle(key_cell(row, options.by), key_columns),
                                   fmt::format("{}", row.count),
                                   quantile_cell(row, 0.5, row.p50_ns, marked),
                                   quantile_cell(row, 0.9, row.p90_ns, marked),
                                   quantile_cell(row, 0.99, row.p99_ns, marked),
                                   quantile_cell(row, 0.999, row.p999_ns, marked),
                                   format_duration(row.max_ns)};
    if (row.over_target) {
      cells.push_back(percent_text(*row.over_target, row.count));
    }
    table.row(std::move(cells));
  }
  print(out, "\n");
  table.render(out);
  if (all > shown) {
    print(out, "… and {} more (--top 0 shows all)\n", all - shown);
  }
  if (marked) {
    print(out, "{}\n", kQuantileMark);
  }
}

void append_stages(const Summary& summary, const TextOptions& options, fmt::memory_buffer& out) {
  const std::vector<const BlameGroup*> stages = stages_by_time(summary);
  if (stages.empty()) {
    return;
  }
  const std::uint64_t all = summary.blame.front().ns;
  constexpr std::size_t kBar = 16;
  constexpr std::size_t kOthers = 58;
  TextTable table({{"IN WHICH STAGE"},
                   {"", left, kBar},
                   {"SHARE", right, 6},
                   {"P50", right, 6},
                   {"P99", right, 6},
                   {"MOST OF IT"}});
  for (const BlameGroup* const group : stages) {
    const LatencyRow* const row = stage_row(summary, *group->stage);
    bool marked = false;
    const std::string most = most_share(*group);
    const std::string who = group->rows.empty() ? "" : culprit_cell(group->rows.front());
    table.row({std::string(name_of(*group->stage)), bar(group->ns, stages.front()->ns, kBar),
               percent_text(group->ns, all),
               row == nullptr ? "-" : quantile_cell(*row, 0.5, row->p50_ns, marked),
               row == nullptr ? "-" : quantile_cell(*row, 0.99, row->p99_ns, marked),
               shorten_middle(who, options.width - kOthers - most.size()) + most});
  }
  print(out, "\n");
  table.render(out);
}

void append_slowest(const Summary& summary, const RunView& run, const TextOptions& options,
                    fmt::memory_buffer& out) {
  if (summary.slowest.empty()) {
    return;
  }
  const bool dated = summary.slowest.front().realtime_ns.has_value();
  TextTable table({{"SLOWEST", right},
                   {dated ? "UTC" : "AT", right},
                   {"TOTAL", right, 6},
                   {"WHO"},
                   {"WORST STAGE"},
                   {"MOST OF TOTAL"}});
  constexpr std::size_t kWho = 16;
  constexpr std::size_t kOthers = 65;
  for (const SlowWake& wake : summary.slowest) {
    const std::string when =
        wake.realtime_ns ? analysis::time_of_day(*wake.realtime_ns) : run.offset(wake.begin_ns);
    table.row({fmt::format("#{}", wake.id), when, format_duration(wake.total_ns),
               shorten_middle(who_text(wake.who), kWho), std::string(name_of(wake.stage)),
               shorten_middle(culprit_cell(wake.most), options.width - kOthers)});
  }
  print(out, "\n");
  table.render(out);
}

void append_next_commands(const Summary& summary, const TextOptions& options,
                          fmt::memory_buffer& out) {
  if (summary.slowest.empty()) {
    return;
  }
  const std::uint64_t id = summary.slowest.front().id;
  if (options.input.empty()) {
    print(out, "to see each step of one, and why it was slow: wakepath live --save FILE\n");
    print(out, "what runs there, and what ends it: wakepath audit\n");
    return;
  }
  const std::string file = file_word(options.input);
  print(out, "each step of one: wakepath replay {} --wake {}\n", file, id);
  print(out, "why it was slow: wakepath explain {} --wake {}\n", file, id);
  print(out, "what runs there, and what ends it: wakepath audit {}\n", file);
}

}  // namespace wakepath::present
