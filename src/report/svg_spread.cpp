// SPDX-License-Identifier: GPL-2.0-or-later
// How the totals are spread: as a heat map over time, and as a histogram.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "present/heat_map.hpp"
#include "present/page_cells.hpp"
#include "report/scales.hpp"
#include "report/sections.hpp"
#include "util/count_text.hpp"
#include "util/duration.hpp"

namespace wakepath::report {

namespace {

// As heat_shade() has it: 1, 10, 100 and 1000 wakes.
int shade_of(std::uint64_t wakes) {
  return wakes < 10 ? 1 : wakes < 100 ? 2 : wakes < 1000 ? 3 : 4;
}

std::string heat_row_text(std::size_t row) {
  return row + 1 < kHeatRows
             ? fmt::format("{} to {}", present::heat_label(row), present::heat_label(row + 1))
             : "from " + present::heat_label(row) + " on";
}

}  // namespace

void write_heat_map(const Collected& all, Html& html) {
  const std::vector<WorstOfTime>& parts = all.summary.course;
  present::HeatMap map;
  for (const WorstOfTime& part : parts) {
    map.columns.push_back(part.by_latency);
  }
  const present::HeatMap::Rows rows = map.rows();
  if (rows.empty()) {
    return;
  }
  constexpr double kRow = 14;
  constexpr double kTop = 6;
  const double bottom = kTop + kRow * static_cast<double>(rows.end - rows.first);
  const std::uint64_t begin_ns = parts.front().begin_ns;
  const LinearScale x(begin_ns, parts.back().end_ns, kDrawingLeft, kDrawingRight);
  begin_section(html, "heat", "How many wakes took how long, and when");
  html.open("p").attr("class", "quiet legend").text("Wakes a cell: ");
  constexpr std::array<std::string_view, 4> kShades{"1+", "10+", "100+", "1000+"};
  for (std::size_t i = 0; i < kShades.size(); ++i) {
    html.open("span").attr("class", "key");
    html.open("svg").attr("aria-hidden", "true").attr("width", 12).attr("height", 12);
    html.leaf("rect").attr("class", fmt::format("heat h{}", i + 1));
    html.attr("width", 12).attr("height", 12);
    html.close().text(kShades.at(i)).close();
  }
  html.close();
  begin_drawing(html,
                {"heat-map", "Heat map of latency over time", kDrawingWidth, bottom + 26, true});
  for (std::size_t row = rows.first; row < rows.end; ++row) {
    const double top = bottom - kRow * static_cast<double>(row - rows.first + 1);
    draw_text(html, "axis y", kDrawingLeft - 6, top + kRow - 1, present::heat_label(row));
    for (const WorstOfTime& part : parts) {
      const std::uint64_t wakes = part.by_latency.at(row);
      if (wakes == 0) {
        continue;
      }
      html.open("rect").attr("class", fmt::format("heat h{}", shade_of(wakes)));
      html.attr("x", x(part.begin_ns)).attr("y", top);
      html.attr("width", x(part.end_ns) - x(part.begin_ns) - 1).attr("height", kRow - 1);
      html.attr("data-count", wakes).attr("data-row", row).attr("data-begin-ns", part.begin_ns);
      html.element("title",
                   fmt::format("{}, {}, at {}", count_text(wakes, "wake"), heat_row_text(row),
                               format_duration(part.begin_ns - begin_ns)));
      html.close();
    }
  }
  for (const std::uint64_t at : x.ticks(8)) {
    draw_line(html, "tick", x(at), bottom, x(at), bottom + 4);
    draw_text(html, "axis x", x(at), bottom + 17,
              at == begin_ns ? "0" : exact_duration(at - begin_ns));
  }
  end_drawing(html);
  end_section(html);
}

void write_histogram(const Collected& all, Html& html) {
  const std::vector<SpreadRow>& rows = all.summary.spread;
  std::uint64_t most = 0;
  for (const SpreadRow& row : rows) {
    most = std::max(most, row.count);
  }
  if (most == 0) {
    return;
  }
  constexpr double kHeight = 200;
  constexpr double kTop = 22;
  constexpr double kBottom = kHeight - 26;
  const LogScale y(1, most, kBottom - 14, kTop);
  const double width =
      std::min(72.0, (kDrawingRight - kDrawingLeft) / static_cast<double>(rows.size()));
  begin_section(html, "spread", "How it is spread");
  html.open("p").attr("class", "quiet");
  html.text("How many wakes took how long; both scales are logarithmic.").close();
  begin_drawing(html, {"histogram", "Histogram of the totals", kDrawingWidth, kHeight});
  draw_line(html, "grid", kDrawingLeft, kBottom, kDrawingRight, kBottom);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const SpreadRow& row = rows[i];
    const double left = kDrawingLeft + width * static_cast<double>(i);
    if (row.count != 0) {
      html.open("rect").attr("class", "bin").attr("x", left + 1).attr("width", width - 2);
      html.attr("y", y(row.count)).attr("height", kBottom - y(row.count));
      html.attr("data-from-ns", row.from_ns).attr("data-count", row.count);
      html.element("title",
                   fmt::format("{}: {}", present::spread_cell(row), count_text(row.count, "wake")));
      html.close();
      draw_text(html, "axis x", left + width / 2, y(row.count) - 4, fmt::format("{}", row.count));
    }
    draw_line(html, "tick", left, kBottom, left, kBottom + 4);
    draw_text(html, "axis x", left, kBottom + 17,
              row.from_ns == 0 ? "0" : exact_duration(row.from_ns));
  }
  if (rows.back().below_ns) {
    draw_text(html, "axis x", kDrawingLeft + width * static_cast<double>(rows.size()), kBottom + 17,
              exact_duration(*rows.back().below_ns));
  }
  end_drawing(html);
  html.open("details").element("summary", "As a table");
  begin_table(html, {"spread-table", "How the totals are spread"}, {{"Total"}, {"Wakes", true}});
  for (const SpreadRow& row : rows) {
    html.open("tr");
    row_name(html, present::spread_cell(row));
    count_cell(html, row.count);
    html.close();
  }
  end_table(html);
  html.close();
  end_section(html);
}

}  // namespace wakepath::report
