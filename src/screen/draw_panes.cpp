// SPDX-License-Identifier: GPL-2.0-or-later
// The parts that a large terminal has room for.
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "present/finding_text.hpp"
#include "present/heat_map.hpp"
#include "present/view.hpp"
#include "screen/brief.hpp"
#include "screen/draw.hpp"
#include "util/count_text.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::screen {

namespace {

// By the longest wake that ended there in the last minute, against the target.
Style style_of(std::uint64_t longest, std::uint64_t target) {
  return longest > target ? Style::bad : longest != 0 ? Style::bar : Style::dim;
}

std::string_view cpu_shade(std::uint64_t longest, std::uint64_t target) {
  return longest == 0             ? " "
         : longest <= target / 2  ? "░"
         : longest <= target      ? "▒"
         : longest <= 10 * target ? "▓"
                                  : "█";
}

void draw_busy_row(std::string_view name, const Series& series, const Area& area, Cells& cells) {
  const bool p99 = series.totals().count() >= Series::kNeeded[2];
  cells.put({area.row, area.column}, escape_terminal(name), Style::plain, area.width - 36);
  cells.put_right(
      {area.row, area.column + area.width},
      fmt::format("{:>8} wakes  p99 {:>6}  max {:>6}", brief_count(series.totals().count()),
                  p99 ? brief_time(series.quantiles()[2]) : "*",
                  brief_time(series.totals().max())));
}

}  // namespace

void draw_heat(const Page& page, const Area& area, Cells& cells) {
  constexpr std::size_t kLabel = present::kHeatLabel;
  const std::size_t chosen = page.state.place().index;
  Minute minute;
  std::string name = "all";
  if (chosen < page.rows.size()) {
    const Row& row = page.rows[chosen];
    name = escape_terminal(row.name) + (row.vcpus.empty() ? "" : " vCPU " + row.vcpus);
    for (const Series* const part : row.parts) {
      minute.add(part->minute());
    }
  } else {
    for (const auto& [cpu, one] : page.model.cpus()) {
      minute.add(one.series.minute());
    }
  }
  cells.put({area.row, area.column}, "latency by time: " + name, Style::title, area.width - 34);
  cells.put_right({area.row, area.column + area.width}, present::kHeatLegend, Style::dim);
  constexpr std::uint64_t kAll = TimeColumns::kColumns;
  const std::uint64_t now = page.model.columns().column_of(page.model.now_ns());
  const std::uint64_t from = now < kAll ? 0 : now - kAll + 1;
  present::HeatMap map;
  for (std::uint64_t column = from; column <= now; ++column) {
    present::HeatMap::Column& counts = map.columns.emplace_back();
    for (std::size_t row = 0; row < kHeatRows; ++row) {
      counts[row] = minute.count(column, row);
    }
  }
  const present::HeatMap::Rows range = map.rows(area.height - 2);
  if (range.empty()) {
    return;
  }
  for (std::size_t row = range.first; row < range.end; ++row) {
    const std::size_t line = area.row + 1 + (range.end - 1 - row);
    cells.put_right({line, area.column + kLabel - 1}, present::heat_label(row), Style::dim);
    const bool slow = kHeatBounds[std::min(row, kHeatBounds.size() - 1)] > page.model.target_ns();
    const std::size_t shown = area.width - std::min(area.width, kLabel);
    for (std::size_t i = 0; i < std::min(map.columns.size(), shown); ++i) {
      cells.put({line, area.column + kLabel + i}, present::heat_shade(map.columns[i][row]),
                slow ? Style::bad : Style::bar);
    }
  }
  const std::size_t axis = area.row + 1 + (range.end - range.first);
  const std::uint64_t span = page.model.columns().width_ns() * (now - from + 1);
  cells.put({axis, area.column + kLabel}, "-" + brief_time(span), Style::dim);
  cells.put_right(
      {axis, std::min(area.column + kLabel + std::size_t{kAll}, area.column + area.width)}, "now",
      Style::dim);
}

void draw_findings(const Page& page, const Area& area, Cells& cells) {
  const std::vector<Finding>& all = page.model.findings();
  draw_rule(area.row, area.width,
            all.empty() ? "what is wrong: nothing is known to be" : "what is wrong, gravest first",
            cells);
  const std::size_t lines = area.height - 1;
  for (std::size_t i = 0; i < std::min(all.size(), lines); ++i) {
    const Finding& finding = all[i];
    const std::size_t left = area.width * 3 / 5;
    const Style style = finding.severity == Severity::error     ? Style::bad
                        : finding.severity == Severity::warning ? Style::warning
                                                                : Style::plain;
    const std::string_view severity = finding.severity == Severity::error     ? "ERROR"
                                      : finding.severity == Severity::warning ? "WARNING"
                                                                              : "info";
    cells.put({area.row + 1 + i, 1}, severity, style);
    cells.put({area.row + 1 + i, 10}, present::shorten(escape_terminal(finding.text), left - 12),
              Style::plain, left - 11);
    if (!finding.fixes.empty()) {
      cells.put(
          {area.row + 1 + i, left},
          present::shorten("try " + present::fix_phrase(finding.fixes.front()), area.width - left),
          Style::plain, area.width - left);
    }
  }
  if (all.size() > lines) {
    cells.put_right({area.row, area.width - 2},
                    fmt::format(" and {} ", count_text(all.size() - lines, "more finding")),
                    Style::dim);
  }
}

void draw_slowest(const Page& page, const Area& area, Cells& cells) {
  const std::vector<KeptWake> slowest = page.model.slowest();
  if (area.height == 1) {
    std::string line = "slowest:";
    for (const KeptWake& wake : slowest) {
      const std::string one =
          fmt::format(" {} {} {}  ", short_who(page.model, wake->who), when_text(page.model, *wake),
                      brief_time(wake->total_ns()));
      if (present::columns_of(line) + present::columns_of(one) > area.width) {
        break;
      }
      line += one;
    }
    cells.put({area.row, area.column + 1}, slowest.empty() ? std::string() : line, Style::plain,
              area.width - 1);
    return;
  }
  draw_rule(area.row, area.width, "slowest wakes", cells);
  const auto row = [&](std::size_t at, const std::array<std::string, 7>& texts, Style style) {
    const std::size_t path = area.width - 122;
    const std::array<std::size_t, 7> widths{9, 24, 14, 8, path, 25, 40};
    std::size_t column = area.column + 1;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      cells.put({at, column}, present::shorten(texts[i], widths[i] - 1), style, widths[i] - 1);
      column += widths[i];
    }
  };
  row(area.row + 1, {"number", "of", "at", "total", "path", "worst stage", "most of it"},
      Style::title);
  for (std::size_t i = 0; i < slowest.size() && i + 2 < area.height; ++i) {
    const WakeChain& wake = *slowest[i];
    const std::vector<BlameRow> parts = parts_of(wake);
    const auto most = std::ranges::max_element(parts, {}, &BlameRow::ns);
    const auto length = [](const Stage& stage) { return stage.end_ns - stage.begin_ns; };
    const auto worst = std::ranges::max_element(wake.stages, {}, length);
    row(area.row + 2 + i,
        {fmt::format("#{}", wake.id), short_who(page.model, wake.who), when_text(page.model, wake),
         brief_time(wake.total_ns()), escape_terminal(wake.path),
         worst == wake.stages.end()
             ? ""
             : fmt::format("{} {}", name_of(worst->kind), brief_time(length(*worst))),
         most == parts.end()
             ? ""
             : fmt::format("{} {}", short_culprit(*most), brief_share(most->ns, wake.total_ns()))},
        Style::plain);
  }
}

void draw_cpus(const Page& page, const Area& area, Cells& cells) {
  const auto& cpus = page.model.cpus();
  cells.put({area.row, area.column + 1},
            "CPUs: the longest wake that ended there, " + minute_text(page.model), Style::title,
            area.width - 1);
  if (cpus.empty()) {
    return;
  }
  const std::size_t columns = area.width - 2;
  const std::size_t last = std::max<std::size_t>(
      cpus.rbegin()->first, page.model.header() ? page.model.header()->cpus : 0);
  const std::size_t each = last / columns + 1;  // CPUs a cell
  std::vector<std::uint64_t> longest(std::min(columns, last / each + 1));
  for (const auto& [cpu, one] : cpus) {
    std::uint64_t& cell = longest[std::min(cpu / each, longest.size() - 1)];
    cell = std::max(cell, longest_of({&one.series.minute()}, page.model, 0, 1));
  }
  const std::uint64_t target = page.model.target_ns();
  for (std::size_t i = 0; i < longest.size(); ++i) {
    if (i % 8 == 0) {
      cells.put({area.row + 1, area.column + 1 + i}, fmt::format("{}", i * each), Style::dim);
    }
    cells.put({area.row + 2, area.column + 1 + i}, cpu_shade(longest[i], target),
              style_of(longest[i], target));
  }
  const std::string half = exact_duration(std::max<std::uint64_t>(target / 2, 1));
  const std::string whole = exact_duration(target);
  cells.put({area.row + 3, area.column + 1},
            fmt::format("░ up to {}  ▒ {}  ▓ ten times that  █ more{}", half, whole,
                        each > 1 ? fmt::format("; {} CPUs a cell", each) : ""),
            Style::dim, area.width - 1);
}

void draw_interrupts(const Page& page, const Area& area, Cells& cells) {
  cells.put({area.row, area.column}, "interrupts that began wakes, the worst p99 first",
            Style::title, area.width);
  using Named = std::pair<std::string_view, const Series*>;
  std::vector<Named> all;
  for (const auto& [name, one] : page.model.interrupts()) {
    if (one.series.totals().count() != 0) {
      all.emplace_back(name, &one.series);
    }
  }
  std::ranges::stable_sort(all, std::ranges::greater{},
                           [](const Named& one) { return one.second->quantiles()[2]; });
  for (std::size_t i = 0; i < std::min(all.size(), area.height - 1); ++i) {
    draw_busy_row(all[i].first, *all[i].second, {area.row + 1 + i, area.column, 1, area.width - 1},
                  cells);
  }
}

}  // namespace wakepath::screen
