// SPDX-License-Identifier: GPL-2.0-or-later
// Who waits, where the time goes, and each path's stages.
#include <algorithm>
#include <string>
#include <vector>

#include "findings/culprit.hpp"
#include "present/latency_table.hpp"
#include "present/page_cells.hpp"
#include "present/view.hpp"
#include "report/sections.hpp"
#include "util/count_text.hpp"
#include "util/duration.hpp"

namespace wakepath::report {

namespace {

void quantile_of(Html& html, const LatencyRow& row, double q, std::uint64_t ns, bool& marked) {
  const std::string text = present::quantile_cell(row, q, ns, marked);
  if (text == "*") {
    html.open("td").attr("class", "n").text(text).close();
  } else {
    number_cell(html, text, ns, "ns");
  }
}

void quantiles_of(Html& html, const LatencyRow& row, bool& marked) {
  count_cell(html, row.count);
  quantile_of(html, row, 0.5, row.p50_ns, marked);
  quantile_of(html, row, 0.9, row.p90_ns, marked);
  quantile_of(html, row, 0.99, row.p99_ns, marked);
  quantile_of(html, row, 0.999, row.p999_ns, marked);
  duration_cell(html, row.max_ns);
}

void explain_mark(Html& html, bool marked) {
  if (marked) {
    html.open("p").attr("class", "quiet").text(present::kQuantileMark).close();
  }
}

// A share as a bar in its cell, and as a number.
void share_cell(Html& html, std::uint64_t part, std::uint64_t whole, std::uint64_t longest) {
  constexpr double kWidth = 120;
  constexpr double kHeight = 12;
  const double width =
      kWidth * static_cast<double>(part) / static_cast<double>(std::max<std::uint64_t>(longest, 1));
  html.open("td").attr("class", "bar").attr("data-ns", part);
  html.open("svg").attr("aria-hidden", "true").attr("width", kWidth).attr("height", kHeight);
  html.leaf("rect").attr("class", "share").attr("width", std::max(width, 1.0));
  html.attr("height", kHeight);
  html.close().text(percent_text(part, whole)).close();
}

}  // namespace

void write_who_waits(const Collected& all, Html& html) {
  const Summary& summary = all.summary;
  begin_section(html, "who", "Who waits");
  if (summary.ranking.empty()) {
    html.element("p", "No wake has a total.");
    return end_section(html);
  }
  std::vector<Column> columns{{"VM, vCPU"},  {"Wakes", true}, {"P50", true}, {"P90", true},
                              {"P99", true}, {"P99.9", true}, {"Max", true}};
  if (summary.target) {
    columns.push_back({"> " + format_duration(summary.target->target_ns), true});
  }
  begin_table(
      html,
      {"who-table",
       fmt::format("Latency by vCPU: {}", present::stage_label(summary.ranking.front().stage)),
       true},
      columns);
  bool marked = false;
  const std::size_t shown = std::min(summary.ranking.size(), kMostRows);
  for (std::size_t i = 0; i < shown; ++i) {
    const LatencyRow& row = summary.ranking[i];
    html.open("tr");
    row_name(html, present::key_cell(row, Ranking::vcpu));
    quantiles_of(html, row, marked);
    if (row.over_target) {
      number_cell(html, percent_text(*row.over_target, row.count), *row.over_target, "count");
    }
    html.close();
  }
  end_table(html);
  explain_mark(html, marked);
  left_out(html, summary.ranking.size() - shown, "more vCPU");
  end_section(html);
}

namespace {

void write_stages(const Summary& summary, Html& html) {
  const std::vector<const BlameGroup*> stages = present::stages_by_time(summary);
  if (stages.empty()) {
    return;
  }
  begin_table(html, {"stage-table", "In which stage"},
              {{"Stage"}, {"Share"}, {"P50", true}, {"P99", true}, {"Most of it"}});
  bool marked = false;
  for (const BlameGroup* const group : stages) {
    html.open("tr");
    row_name(html, name_of(*group->stage));
    share_cell(html, group->ns, summary.blame.front().ns, stages.front()->ns);
    if (const LatencyRow* const row = present::stage_row(summary, *group->stage)) {
      quantile_of(html, *row, 0.5, row->p50_ns, marked);
      quantile_of(html, *row, 0.99, row->p99_ns, marked);
    } else {
      html.element("td", "-").element("td", "-");
    }
    text_cell(html, group->rows.empty()
                        ? std::string()
                        : present::culprit_cell(group->rows.front()) + present::most_share(*group));
    html.close();
  }
  end_table(html);
  explain_mark(html, marked);
}

void write_culprits(const Summary& summary, Html& html) {
  const BlameGroup& whole = summary.blame.front();
  if (whole.wakes < findings::kLeastBlamedWakes || (!whole.p99_ns && !whole.p50_ns)) {
    return;
  }
  const bool p99 = whole.p99_ns.has_value();
  begin_table(
      html,
      {"culprit-table",
       fmt::format("Who had the time, and the {} of all wakes without it (now {})",
                   p99 ? "p99" : "p50", format_duration(*(p99 ? whole.p99_ns : whole.p50_ns))),
       true},
      {{"Who"},
       {"Share"},
       {"Time", true},
       {"Wakes", true},
       {"Worst", true},
       {p99 ? "P99 without" : "P50 without", true}});
  const std::size_t shown = std::min(whole.rows.size(), kMostRows);
  std::uint64_t rest = whole.rest_ns;
  for (std::size_t i = 0; i < whole.rows.size(); ++i) {
    const BlameRow& row = whole.rows[i];
    if (i >= shown) {
      rest += row.ns;
      continue;
    }
    html.open("tr");
    row_name(html, findings::culprit_name(row));
    share_cell(html, row.ns, whole.ns, whole.rows.front().ns);
    duration_cell(html, row.ns);
    count_cell(html, row.wakes);
    duration_cell(html, row.worst_ns);
    if (const auto without = p99 ? row.p99_without_ns : row.p50_without_ns) {
      duration_cell(html, *without);
    } else {
      html.element("td", "-");
    }
    html.close();
  }
  end_table(html);
  if (rest != 0) {
    html.open("p").attr("class", "quiet");
    html.text(fmt::format("All others: {}, {} of the time.", format_duration(rest),
                          percent_text(rest, whole.ns)));
    html.close();
  }
}

// A path's total, and below it its stages; the paths with the worst p99 first.
std::vector<const LatencyRow*> path_rows(const Summary& summary) {
  std::vector<std::vector<const LatencyRow*>> groups;
  for (const LatencyRow& row : summary.latency) {
    if (row.path == "*" || row.count == 0) {
      continue;
    }
    const LatencyRow* const last = groups.empty() ? nullptr : groups.back().back();
    const auto same = [&row](const LatencyRow& other) {
      return other.vm == row.vm && other.vm_pid == row.vm_pid && other.tid == row.tid &&
             other.vcpu == row.vcpu && other.path == row.path;
    };
    if (last == nullptr || !same(*last)) {
      groups.emplace_back();
    }
    groups.back().push_back(&row);
  }
  std::ranges::stable_sort(groups, std::ranges::greater{},
                           [](const auto& group) { return group.front()->p99_ns; });
  std::vector<const LatencyRow*> rows;
  for (const auto& group : groups) {
    rows.insert(rows.end(), group.begin(), group.end());
  }
  return rows;
}

}  // namespace

void write_where(const Collected& all, Html& html) {
  begin_section(html, "where", "Where the time goes");
  if (all.summary.blame.empty()) {
    html.element("p", "No wake has a total.");
  } else {
    write_stages(all.summary, html);
    write_culprits(all.summary, html);
  }
  end_section(html);
}

void write_paths(const Collected& all, Html& html) {
  begin_section(html, "paths", "Each path and its stages");
  const std::vector<const LatencyRow*> rows = path_rows(all.summary);
  if (rows.empty()) {
    html.element("p", "No wake was measured.");
    return end_section(html);
  }
  begin_table(html, {"path-table", "Latency by VM, vCPU, path and stage", true},
              {{"Path"},
               {"VM, vCPU"},
               {"Stage"},
               {"Wakes", true},
               {"P50", true},
               {"P90", true},
               {"P99", true},
               {"P99.9", true},
               {"Max", true}});
  bool marked = false;
  const std::size_t shown = std::min(rows.size(), kMostRows);
  for (std::size_t i = 0; i < shown; ++i) {
    const LatencyRow& row = *rows[i];
    html.open("tr");
    if (present::is_total(row.stage)) {
      html.attr("class", "total");
    }
    row_name(html, row.path);
    text_cell(html, present::key_cell(row, Ranking::vcpu));
    text_cell(html, present::stage_label(row.stage));
    quantiles_of(html, row, marked);
    html.close();
  }
  end_table(html);
  explain_mark(html, marked);
  left_out(html, rows.size() - shown, "more row");
  end_section(html);
}

}  // namespace wakepath::report
