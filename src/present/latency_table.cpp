// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/latency_table.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "analysis/histogram.hpp"
#include "present/view.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

constexpr std::size_t kVmColumns = 16;
constexpr std::size_t kPathColumns = 52;

bool is_overall(const LatencyRow& row) { return row.vm == "*" && row.path == "*"; }

std::vector<TextTable::Column> columns_for(LatencyTable::Form form) {
  using enum TextTable::Align;
  std::vector<TextTable::Column> columns{{"VM", left}, {"vCPU", right}, {"PATH / STAGE", left}};
  if (form == LatencyTable::Form::interval) {
    columns.push_back({"WAKES/S", right, 8});
    for (const char* title : {"P50", "P99", "MAX"}) {
      columns.push_back({title, right, 6});
    }
  } else {
    columns.push_back({"COUNT", right, 7});
    for (const char* title : {"P50", "P90", "P99", "P99.9", "MAX"}) {
      columns.push_back({title, right, 6});
    }
  }
  return columns;
}

// Lines of at most kPathColumns, broken before a hop: nothing of a path is hidden.
std::vector<std::string> wrap_path(const std::string& path) {
  std::vector<std::string> lines{""};
  std::size_t start = 0;
  while (start < path.size()) {
    const std::size_t arrow = path.find('>', start);
    const std::size_t end = arrow == std::string::npos ? path.size() : arrow + 1;
    const std::string hop = path.substr(start, end - start);
    if (!lines.back().empty() && columns_of(lines.back()) + columns_of(hop) > kPathColumns) {
      lines.push_back("  ");
    }
    lines.back() += hop;
    start = end;
  }
  return lines;
}

}  // namespace

struct LatencyTable::Group {
  std::vector<const LatencyRow*> rows;

  // A wake whose root or end is not known counts in its stages, and in no total.
  [[nodiscard]] std::uint64_t wakes() const {
    std::uint64_t totals = 0;
    std::uint64_t most = 0;
    for (const LatencyRow* row : rows) {
      totals += is_total(row->stage) ? row->count : 0;
      most = std::max(most, row->count);
    }
    return std::max(totals, most);
  }
  [[nodiscard]] std::uint64_t worst_p99() const {
    std::uint64_t worst = 0;
    for (const LatencyRow* row : rows) {
      worst = is_total(row->stage) ? std::max(worst, row->p99_ns) : worst;
    }
    return worst;
  }
};

LatencyTable::LatencyTable(Form form, std::size_t top)
    : form_(form), top_(top), table_(columns_for(form)) {}

LatencyTable::Worst LatencyTable::worst(const std::vector<LatencyRow>& rows) {
  Worst worst;
  using Number = std::optional<std::uint32_t>;
  std::set<std::tuple<std::string, Number, Number, Number>> vcpus;
  for (const LatencyRow& row : rows) {
    if (!is_total(row.stage) || is_overall(row) || row.count == 0) {
      continue;
    }
    vcpus.emplace(row.vm, row.vm_pid, row.tid, row.vcpu);
    worst.wakes += row.count;
    if (worst.longest == nullptr || row.max_ns > worst.longest->max_ns) {
      worst.longest = &row;
    }
    if (carries_p99(row) && (worst.p99 == nullptr || row.p99_ns > worst.p99->p99_ns)) {
      worst.p99 = &row;
    }
  }
  worst.vcpus = vcpus.size();
  return worst;
}

void LatencyTable::add(const Group& group, std::uint64_t span_ns) {
  const LatencyRow& first = *group.rows.front();
  const bool overall = is_overall(first);
  std::string quantity;
  if (form_ == Form::summary) {
    quantity = fmt::format("{}", group.wakes());
  } else if (span_ns != 0) {
    const double seconds = static_cast<double>(span_ns) / 1e9;
    quantity = fmt::format("{:.1f}", static_cast<double>(group.wakes()) / seconds);
  }
  std::vector<std::string> lines =
      overall ? std::vector<std::string>{"all wakes"} : wrap_path(escape_terminal(first.path));
  const std::string vm = overall           ? "all"
                         : first.vm == "?" ? "?" + vm_suffix(first.vm_pid, first.tid)
                                           : shorten(escape_terminal(first.vm), kVmColumns) +
                                                 vm_suffix(first.vm_pid, first.tid);
  const std::string vcpu = first.vcpu ? fmt::format("{}", *first.vcpu) : overall ? "all" : "?";
  table_.row({vm, vcpu, lines.front(), quantity});
  for (std::size_t i = 1; i < lines.size(); ++i) {
    table_.row({"", "", lines[i]});
  }
  for (const LatencyRow* row : group.rows) {
    if (row->count == 0) {
      continue;
    }
    std::vector<std::string> cells{"", "", "  " + stage_label(row->stage)};
    // Not every wake has each stage: the row says how many have this one.
    cells.push_back(
        form_ == Form::summary && row->count != group.wakes() ? fmt::format("{}", row->count) : "");
    const auto percentile = [&](double q, std::uint64_t ns) {
      const bool carried = row->count >= analysis::needed_for_quantile(q);
      marked_ = marked_ || !carried;
      cells.push_back(carried ? format_duration(ns) : std::string("*"));
    };
    percentile(0.5, row->p50_ns);
    if (form_ == Form::summary) {
      percentile(0.9, row->p90_ns);
    }
    percentile(0.99, row->p99_ns);
    if (form_ == Form::summary) {
      percentile(0.999, row->p999_ns);
    }
    cells.push_back(format_duration(row->max_ns));
    table_.row(std::move(cells));
  }
}

bool carries_p99(const LatencyRow& row) { return row.count >= analysis::needed_for_quantile(0.99); }

void append_mark(LatencyTable& table, fmt::memory_buffer& out) {
  if (table.take_mark()) {
    fmt::format_to(fmt::appender(out),
                   "* not known of so few wakes: P50 takes 2, P90 10, P99 100, P99.9 1000\n");
  }
}

void LatencyTable::render(const std::vector<LatencyRow>& rows, std::uint64_t span_ns,
                          fmt::memory_buffer& out) {
  using Number = std::optional<std::uint32_t>;
  using Key = std::tuple<std::string_view, Number, Number, Number, std::string_view>;
  std::map<Key, std::size_t> index;
  std::vector<Group> groups;
  Group overall;
  for (const LatencyRow& row : rows) {
    if (is_overall(row)) {
      overall.rows.push_back(&row);
      continue;
    }
    const auto [found, fresh] =
        index.try_emplace(Key{row.vm, row.vm_pid, row.tid, row.vcpu, row.path}, groups.size());
    if (fresh) {
      groups.emplace_back();
    }
    groups[found->second].rows.push_back(&row);
  }
  const std::size_t all = groups.size();
  if (top_ != 0 && all > top_) {
    std::ranges::stable_sort(
        groups, [](const Group& a, const Group& b) { return a.worst_p99() > b.worst_p99(); });
    groups.resize(top_);
  }
  // Where there is a single path, the overall rows repeat it.
  if (!overall.rows.empty() && all != 1) {
    add(overall, span_ns);
  }
  for (const Group& group : groups) {
    add(group, span_ns);
  }
  table_.render(out);
  if (all > groups.size()) {
    fmt::format_to(fmt::appender(out), "… and {} with a lower p99 (--top {} shows all)\n",
                   count_text(all - groups.size(), "more path"), all);
  }
}

void append_path_table(const Summary& summary, std::size_t top, fmt::memory_buffer& out) {
  if (summary.latency.empty()) {
    return;
  }
  out.push_back('\n');
  LatencyTable table(LatencyTable::Form::summary, top);
  table.render(summary.latency, summary.duration_ns, out);
  append_mark(table, out);
}

}  // namespace wakepath::present
