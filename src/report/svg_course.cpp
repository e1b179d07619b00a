// SPDX-License-Identifier: GPL-2.0-or-later
// Latency over time: of each part of it the least, the median, the p99 and the longest, and the
// worst wakes as points that lead to them.
#include <algorithm>
#include <string>
#include <vector>

#include "analysis/histogram.hpp"
#include "present/view.hpp"
#include "report/scales.hpp"
#include "report/sections.hpp"
#include "util/duration.hpp"

namespace wakepath::report {

namespace {

constexpr double kCourseHeight = 260;
constexpr double kCourseTop = 10;
constexpr double kCourseBottom = kCourseHeight - 26;

std::string band_text(const Band& band, std::uint64_t begin_ns) {
  const bool p99 = band.count >= analysis::needed_for_quantile(0.99);
  return fmt::format(
      "{} to {}: {}, min {}, p50 {}, {}max {}", format_duration(band.begin_ns - begin_ns),
      format_duration(band.end_ns - begin_ns), count_text(band.count, "wake"),
      format_duration(band.min_ns), format_duration(band.p50_ns),
      p99 ? "p99 " + format_duration(band.p99_ns) + ", " : "", format_duration(band.max_ns));
}

void draw_band(const Band& band, std::uint64_t begin_ns, const LinearScale& x, const LogScale& y,
               Html& html) {
  const double left = x(band.begin_ns);
  const double width = std::max(x(band.end_ns) - left - 0.5, 0.5);
  const auto part = [&](std::string_view style, std::uint64_t low, std::uint64_t high) {
    html.leaf("rect").attr("class", style).attr("x", left).attr("width", width);
    html.attr("y", y(high)).attr("height", std::max(y(low) - y(high), 1.0));
  };
  html.open("g").attr("class", "band").attr("data-begin-ns", band.begin_ns);
  html.attr("data-end-ns", band.end_ns).attr("data-count", band.count);
  html.attr("data-min-ns", band.min_ns).attr("data-p50-ns", band.p50_ns);
  html.attr("data-p99-ns", band.p99_ns).attr("data-max-ns", band.max_ns);
  html.element("title", band_text(band, begin_ns));
  part("b-all", band.min_ns, band.max_ns);
  if (band.count >= analysis::needed_for_quantile(0.99)) {
    part("b-p99", band.p50_ns, band.p99_ns);
  }
  part("b-p50", band.p50_ns, band.p50_ns);
  html.close();
}

void draw_axes(const LinearScale& x, const LogScale& y, std::uint64_t begin_ns, Html& html) {
  for (const std::uint64_t at : y.ticks()) {
    draw_line(html, "grid", kDrawingLeft, y(at), kDrawingRight, y(at));
    draw_text(html, "axis y", kDrawingLeft - 6, y(at) + 4, exact_duration(at));
  }
  for (const std::uint64_t at : x.ticks(8)) {
    draw_line(html, "tick", x(at), kCourseBottom, x(at), kCourseBottom + 4);
    draw_text(html, "axis x", x(at), kCourseBottom + 17,
              at == begin_ns ? "0" : exact_duration(at - begin_ns));
  }
}

void draw_target(const TargetResult& target, const LogScale& y, Html& html) {
  const double at = y(target.target_ns);
  draw_line(html, "target", kDrawingLeft, at, kDrawingRight, at);
  draw_text(html, "axis targeted", kDrawingRight, at - 4,
            "target " + format_duration(target.target_ns));
}

void draw_points(const std::vector<WorstWake>& worst, const LinearScale& x, const LogScale& y,
                 Html& html) {
  for (const WorstWake& wake : worst) {
    const WakeChain& chain = wake.chain;
    const std::string text =
        fmt::format("wake #{}: {}, {}", chain.id, format_duration(chain.total_ns()),
                    present::who_text(chain.who));
    html.open("a").attr("href", fmt::format("#wake-{}", chain.id)).attr("aria-label", text);
    html.open("circle").attr("class", "slow").attr("r", 4).attr("cx", x(chain.end_ns));
    html.attr("cy", y(chain.total_ns())).attr("data-wake", chain.id);
    html.attr("data-ns", chain.total_ns()).element("title", text).close().close();
  }
}

}  // namespace

void write_course(const Collected& all, Html& html) {
  begin_section(html, "when", "Latency over time");
  std::uint64_t least = UINT64_MAX;
  std::uint64_t most = 0;
  for (const Band& band : all.bands) {
    least = band.count == 0 ? least : std::min(least, band.min_ns);
    most = std::max(most, band.max_ns);
  }
  if (all.bands.empty() || least > most) {
    html.element("p", "No wake has a total.");
    return end_section(html);
  }
  if (all.summary.target) {
    least = std::min(least, all.summary.target->target_ns);
    most = std::max(most, all.summary.target->target_ns);
  }
  const std::uint64_t begin_ns = all.bands.front().begin_ns;
  const LinearScale x(begin_ns, all.bands.back().end_ns, kDrawingLeft, kDrawingRight);
  const LogScale y(least, most, kCourseBottom, kCourseTop);
  html.open("p").attr("class", "quiet");
  html.text(fmt::format(
      "Each column is {}: from the shortest wake to the longest, dark from p50 to p99 (where there "
      "are 100 wakes), the line is p50. The points are the {} slowest wakes.",
      format_duration(all.bands.front().end_ns - begin_ns), all.worst.size()));
  html.close();
  begin_drawing(html, {"course", "Latency over time, a column for each part of it", kDrawingWidth,
                       kCourseHeight, true, true});
  draw_axes(x, y, begin_ns, html);
  for (const Band& band : all.bands) {
    if (band.count != 0) {
      draw_band(band, begin_ns, x, y, html);
    }
  }
  if (all.summary.target) {
    draw_target(*all.summary.target, y, html);
  }
  draw_points(all.worst, x, y, html);
  end_drawing(html);
  end_section(html);
}

}  // namespace wakepath::report
