// SPDX-License-Identifier: GPL-2.0-or-later
// A wake on one scale of time: its stages, each at its place, below them what each CPU did that
// took part, and arrows from cause to effect.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "present/view.hpp"
#include "report/scales.hpp"
#include "report/sections.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::report {

namespace {

constexpr double kStages = 20;  // the top of their row, below the axis
constexpr double kStageHeight = 22;
constexpr double kLanes = kStages + kStageHeight + 12;
constexpr double kLane = 30;  // from lane to lane
constexpr double kLaneHeight = 18;

double lane_top(std::size_t lane) { return kLanes + kLane * static_cast<double>(lane); }

bool fits(std::string_view text, double width) {
  constexpr double kLetter = 6;  // of the style sheet's font, with some room
  return kLetter * static_cast<double>(present::columns_of(text)) + 6 <= width;
}

// Only where it fits, at least without what stands in brackets. All of it stands in the title.
void label(Html& html, double left, double width, double top, std::string_view text) {
  const std::string shown = escape_terminal(text);
  const std::string_view lead = std::string_view(shown).substr(0, shown.find(" ("));
  if (fits(shown, width)) {
    draw_text(html, "label", left + 3, top, shown);
  } else if (!lead.empty() && fits(lead, width)) {
    draw_text(html, "label", left + 3, top, lead);
  }
}

std::string offset_text(std::uint64_t at_ns, std::uint64_t begin_ns) {
  return at_ns >= begin_ns ? "+" + format_duration(at_ns - begin_ns)
                           : "-" + format_duration(begin_ns - at_ns);
}

void draw_stages(const WakeChain& chain, const LinearScale& x, double bottom, Html& html) {
  for (const Stage& stage : chain.stages) {
    const double left = x(stage.begin_ns);
    const double width = std::max(x(stage.end_ns) - left, 0.0);
    const std::string name(name_of(stage.kind));
    draw_line(html, "edge", left, kStages, left, bottom);
    html.open("rect").attr("class", fmt::format("stage s-{}", name));
    html.attr("x", left).attr("y", kStages);
    html.attr("width", width).attr("height", kStageHeight);
    html.attr("data-stage", name).attr("data-begin-ns", stage.begin_ns);
    html.attr("data-end-ns", stage.end_ns);
    html.element("title", fmt::format("{}, {} at {}, CPU {}", name,
                                      format_duration(stage.end_ns - stage.begin_ns),
                                      offset_text(stage.begin_ns, chain.begin_ns), stage.cpu));
    html.close();
    label(html, left, width, kStages + 15, name);
  }
  draw_line(html, "edge", x(chain.end_ns), kStages, x(chain.end_ns), bottom);
}

void draw_lane(const Lane& lane, std::size_t number, const WakeChain& chain, const LinearScale& x,
               Html& html) {
  const double top = lane_top(number);
  draw_text(html, "axis y", kDrawingLeft - 6, top + 13, fmt::format("CPU {}", lane.cpu));
  html.leaf("rect").attr("class", "k-unknown").attr("x", kDrawingLeft).attr("y", top);
  html.attr("width", kDrawingRight - kDrawingLeft).attr("height", kLaneHeight);
  for (const LaneSpan& span : lane.spans) {
    const double left = x(span.begin_ns);
    const double width = std::max(x(span.end_ns) - left, 0.3);
    std::string what(word_of(span.kind));
    if (span.count > 1) {
      what = fmt::format("{} things, most of it: {}", span.count, what);
    } else if (!span.name.empty()) {
      what += ": " + span.name;
    }
    html.open("rect").attr("class", fmt::format("span k-{}", name_of(span.kind)));
    html.attr("x", left).attr("y", top).attr("width", width).attr("height", kLaneHeight);
    html.attr("data-begin-ns", span.begin_ns).attr("data-end-ns", span.end_ns);
    html.element("title",
                 fmt::format("{}, {} at {}", what, format_duration(span.end_ns - span.begin_ns),
                             offset_text(span.begin_ns, chain.begin_ns)));
    html.close();
    const bool plain = span.kind == LaneKind::idle || span.name.empty();
    label(html, left, width, top + 13, plain ? word_of(span.kind) : span.name);
  }
}

// From one hop to the next, and at last to the guest entry.
void draw_arrows(const WorstWake& wake, const LinearScale& x, Html& html) {
  struct Point {
    std::uint64_t at_ns{};
    std::size_t lane{};
    std::string what;
  };
  const WakeChain& chain = wake.chain;
  std::vector<Point> points;
  const auto add = [&](std::uint64_t at_ns, std::uint32_t cpu, std::string what) {
    const auto lane = std::ranges::find(wake.lanes.cpus, cpu, &Lane::cpu);
    if (lane != wake.lanes.cpus.end()) {
      points.push_back(
          {at_ns, static_cast<std::size_t>(lane - wake.lanes.cpus.begin()), std::move(what)});
    }
  };
  for (const Hop& hop : chain.hops) {
    add(hop.at_ns, hop.cpu,
        std::string(name_of(hop.kind)) + (hop.name.empty() ? "" : " " + hop.name));
  }
  if (!chain.stages.empty()) {
    add(chain.end_ns, chain.stages.back().cpu,
        chain.ends_at == EndsAt::kvm_entry ? "guest entry" : "the vCPU has its CPU");
  }
  for (std::size_t i = 1; i < points.size(); ++i) {
    const Point& from = points[i - 1];
    const Point& to = points[i];
    const double from_y = lane_top(from.lane) + (from.lane < to.lane ? kLaneHeight : 0);
    const bool down = from.lane < to.lane;
    const double to_y = lane_top(to.lane) + (to.lane < from.lane ? kLaneHeight : 0);
    const double tail = from.lane == to.lane ? from_y - 6 : from_y;
    html.open("g").attr("class", "arrow").attr("data-at-ns", to.at_ns);
    html.element("title", fmt::format("{} at {} leads to {} at {}", from.what,
                                      offset_text(from.at_ns, chain.begin_ns), to.what,
                                      offset_text(to.at_ns, chain.begin_ns)));
    draw_line(html, "cause", x(from.at_ns), tail, x(to.at_ns), to_y);
    html.leaf("path").attr("class", "head");
    html.attr("transform", fmt::format("translate({:.2f} {:.2f})", x(to.at_ns), to_y));
    // Its tip is the effect.
    html.attr("d", down || from.lane == to.lane ? "M0 0L-4 -7L4 -7Z" : "M0 0L-4 7L4 7Z");
    html.close();
  }
}

void draw_scale(const WakeChain& chain, const LinearScale& from_begin, Html& html) {
  const LinearScale ticks(0, chain.total_ns(), 0, 1);
  for (const std::uint64_t at : ticks.ticks(8)) {
    const double x = from_begin(chain.begin_ns + at);
    draw_line(html, "tick", x, kStages - 5, x, kStages);
    draw_text(html, "axis x", x, kStages - 8, at == 0 ? "0" : exact_duration(at));
  }
}

}  // namespace

void draw_wake(const WorstWake& wake, Html& html) {
  const WakeChain& chain = wake.chain;
  const LinearScale x(wake.lanes.begin_ns, wake.lanes.end_ns, kDrawingLeft, kDrawingRight);
  const double bottom = lane_top(wake.lanes.cpus.size()) - kLane + kLaneHeight + 4;
  begin_drawing(html, {fmt::format("lanes-{}", chain.id),
                       fmt::format("Wake {}: its stages, and what each CPU did", chain.id),
                       kDrawingWidth, bottom + 4, true});
  draw_scale(chain, x, html);
  for (std::size_t i = 0; i < wake.lanes.cpus.size(); ++i) {
    draw_lane(wake.lanes.cpus[i], i, chain, x, html);
  }
  draw_stages(chain, x, bottom, html);
  draw_arrows(wake, x, html);
  end_drawing(html);
}

}  // namespace wakepath::report
