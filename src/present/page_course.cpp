// SPDX-License-Identifier: GPL-2.0-or-later
// How the totals are spread, and when the worst of them were.
#include <algorithm>
#include <string>
#include <vector>

#include "analysis/course.hpp"
#include "present/bars.hpp"
#include "present/heat_map.hpp"
#include "present/page_cells.hpp"
#include "present/page_text.hpp"
#include "present/print.hpp"
#include "present/view.hpp"
#include "util/duration.hpp"

namespace wakepath::present {

namespace {

constexpr std::size_t kLeft = 36;   // columns of the spread
constexpr std::size_t kParts = 32;  // of time
constexpr std::size_t kHeight = 6;

// Where it may take only `most` lines, the first and the last of them stand for several.
std::vector<SpreadRow> fewer(std::vector<SpreadRow> rows, std::size_t most) {
  while (rows.size() > most) {
    const bool from_the_front = rows.front().count <= rows.back().count;
    SpreadRow& into = from_the_front ? rows[1] : rows[rows.size() - 2];
    const SpreadRow gone = from_the_front ? rows.front() : rows.back();
    into.count += gone.count;
    into.from_ns = from_the_front ? 0 : into.from_ns;
    into.below_ns = from_the_front ? into.below_ns : std::nullopt;
    rows.erase(from_the_front ? rows.begin() : rows.end() - 1);
  }
  return rows;
}

std::vector<std::string> spread_lines(const std::vector<SpreadRow>& rows, std::size_t columns) {
  std::uint64_t most = 0;
  for (const SpreadRow& row : rows) {
    most = std::max(most, row.count);
  }
  std::vector<std::string> lines;
  lines.reserve(rows.size());
  for (const SpreadRow& row : rows) {
    lines.push_back(
        fmt::format("{:>11} {:>8} {}", spread_cell(row), row.count, bar(row.count, most, columns)));
    while (lines.back().ends_with(' ')) {
      lines.back().pop_back();
    }
  }
  return lines;
}

// Parts of time, each twice as long.
std::vector<WorstOfTime> doubled(const std::vector<WorstOfTime>& parts) {
  const std::uint64_t length = parts.front().end_ns - parts.front().begin_ns;
  std::vector<WorstOfTime> wider;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i % 2 == 0) {
      wider.push_back(parts[i]);
      wider.back().end_ns = parts[i].begin_ns + 2 * length;
      continue;
    }
    wider.back().wakes += parts[i].wakes;
    wider.back().max_ns = std::max(wider.back().max_ns, parts[i].max_ns);
    for (std::size_t row = 0; row < kHeatRows; ++row) {
      wider.back().by_latency[row] += parts[i].by_latency[row];
    }
  }
  return wider;
}

std::vector<WorstOfTime> joined(std::vector<WorstOfTime> parts) {
  while (parts.size() > kParts) {
    parts = doubled(parts);
  }
  return parts;
}

// To the end of the run, however early its last wake was.
std::vector<WorstOfTime> whole_course(const Summary& summary) {
  std::vector<WorstOfTime> parts = summary.course;
  const std::uint64_t begin = parts.front().begin_ns;
  if (parts.front().end_ns <= begin) {
    return parts;
  }
  const auto needed = [&] {
    const std::uint64_t length = parts.front().end_ns - begin;
    return summary.duration_ns / length + (summary.duration_ns % length == 0 ? 0 : 1);
  };
  while (needed() > analysis::Course::kMost) {
    parts = doubled(parts);
  }
  const std::uint64_t length = parts.front().end_ns - begin;
  while (parts.size() < needed()) {
    WorstOfTime& empty = parts.emplace_back();
    empty.begin_ns = begin + (parts.size() - 1) * length;
    empty.end_ns = empty.begin_ns + length;
  }
  return parts;
}

// How long what the parts show lasted: the last may be longer than the run.
std::string end_of_axis(const std::vector<WorstOfTime>& parts, const Summary& summary) {
  const std::uint64_t shown = parts.back().end_ns - parts.front().begin_ns;
  return format_duration(summary.duration_ns == 0 ? shown : std::min(shown, summary.duration_ns));
}

std::vector<std::string> course_lines(const std::vector<WorstOfTime>& parts,
                                      const std::string& end) {
  std::vector<std::uint64_t> worst;
  worst.reserve(parts.size());
  for (const WorstOfTime& part : parts) {
    worst.push_back(part.max_ns);
  }
  std::vector<std::string> lines = upright(worst, kHeight);
  const std::string top = format_duration(*std::ranges::max_element(worst));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    lines[i] = fmt::format("{:>7} {}", i == 0 ? top : "", lines[i]);
  }
  const std::size_t width = parts.size();
  lines.push_back(fmt::format("{:>7} 0{:>{}}", "", end, std::max<std::size_t>(width, 8) - 1));
  return lines;
}

void append_spread(const Summary& summary, const TextOptions& options, fmt::memory_buffer& out) {
  const std::vector<WorstOfTime> parts = joined(whole_course(summary));
  const std::string end = end_of_axis(parts, summary);
  const std::string part = format_duration(parts.front().end_ns - parts.front().begin_ns);
  if (options.histogram) {
    print(out, "\nHOW IT IS SPREAD\n");
    for (const std::string& line : spread_lines(summary.spread, options.width - 22)) {
      print(out, "{}\n", line);
    }
    print(out, "\nWHEN (worst of each {})\n", part);
    for (const std::string& line : course_lines(parts, end)) {
      print(out, "{}\n", line);
    }
    return;
  }
  const std::vector<std::string> left =
      spread_lines(fewer(summary.spread, kHeight + 1), kLeft - 22);
  const std::vector<std::string> right = course_lines(parts, end);
  print(out, "\n{:<{}}  WHEN (worst of each {})\n", "HOW IT IS SPREAD", kLeft, part);
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    std::string line = i < left.size() ? left[i] : std::string();
    const std::size_t columns = columns_of(line);
    if (i < right.size()) {
      line += std::string(kLeft + 2 - std::min(kLeft + 2, columns), ' ') + right[i];
    }
    while (line.ends_with(' ')) {
      line.pop_back();
    }
    print(out, "{}\n", line);
  }
}

// All parts of time that there are: a map tells the more, the finer it is.
void append_heat_map(const Summary& summary, const TextOptions& options, fmt::memory_buffer& out) {
  const std::vector<WorstOfTime> parts = whole_course(summary);
  constexpr std::size_t kMostLines = 12;  // of a page; who asks for the map gets all of it
  HeatMap map;
  HeatMap::Column sums{};
  for (const WorstOfTime& part : parts) {
    map.columns.push_back(part.by_latency);
    for (std::size_t row = 0; row < kHeatRows; ++row) {
      sums[row] += part.by_latency[row];
    }
  }
  const HeatMap::Rows rows = map.rows(options.heat_map ? kHeatRows : kMostLines);
  print(out, "\nLATENCY BY TIME ({})\n", kHeatLegend);
  for (std::size_t row = rows.end; row-- > rows.first;) {
    std::string line = fmt::format("{:>{}} ", heat_label(row), kHeatLabel - 1);
    for (const HeatMap::Column& column : map.columns) {
      line += heat_shade(column[row]);
    }
    print(out, "{} {:>7}\n", line, sums[row]);
  }
  const std::string end = end_of_axis(parts, summary);
  print(out, "{:>{}}0{:>{}}\n", "", kHeatLabel, end, std::max<std::size_t>(parts.size(), 8) - 1);
}

}  // namespace

void append_course(const Summary& summary, const TextOptions& options, fmt::memory_buffer& out) {
  constexpr std::uint64_t kLeast = 2;
  if (summary.spread.empty() || summary.ranking.empty() || summary.course.empty()) {
    return;
  }
  std::uint64_t count = 0;
  for (const SpreadRow& row : summary.spread) {
    count += row.count;
  }
  if (count < kLeast) {
    return;
  }
  append_spread(summary, options, out);
  constexpr std::size_t kWide = 120;
  if (options.heat_map || options.width >= kWide) {
    append_heat_map(summary, options, out);
  }
}

}  // namespace wakepath::present
