// SPDX-License-Identifier: GPL-2.0-or-later
// Views of text: the steps of a wake, why it was slow, and the help.
#include <algorithm>

#include <fmt/format.h>

#include "findings/diagnosis.hpp"
#include "present/annotate.hpp"
#include "present/bars.hpp"
#include "present/explain_output.hpp"
#include "present/view.hpp"
#include "screen/draw.hpp"

namespace wakepath::screen {

namespace {

present::RunView run_of(const Page& page, const WakeChain& wake) {
  present::RunView run;
  if (page.model.header()) {
    run.header = *page.model.header();
  }
  run.see(wake);
  return run;
}

// Its columns take more than a small terminal has: there the deep indents shrink, and lines break.
std::vector<std::string> step_lines(const Page& page, const WakeChain& wake, std::size_t width) {
  constexpr std::size_t kRoom = 120;
  constexpr std::size_t kIndent = 16;
  fmt::memory_buffer out;
  present::annotate(wake, run_of(page, wake), out);
  std::vector<std::string> lines = lines_of({out.data(), out.size()});
  if (width >= kRoom) {
    return lines;
  }
  std::string text;
  for (const std::string& line : lines) {
    const std::size_t blanks = std::min(line.find_first_not_of(' '), line.size());
    text += line.substr(blanks > kIndent ? blanks - kIndent : 0);
    text += '\n';
  }
  return lines_of(present::wrapped(text, width, 2 * kIndent));
}

// As `explain` has it, but for the percentiles, which are of the wakes so far.
std::vector<std::string> why_lines(const Page& page, const WakeChain& wake, std::size_t width) {
  findings::Explanation out;
  out.wake = wake;
  for (const auto& group : page.model.groups()) {
    const Series& series = group->series;
    if (group->key.who.tid == wake.who.tid && group->key.path == wake.path &&
        group->key.kind == analysis::total_kind(wake)) {
      out.usual.wakes = series.totals().count();
      out.usual.p50_ns = out.usual.wakes < Series::kNeeded[0]
                             ? std::nullopt
                             : std::optional(series.quantiles()[0]);
      out.usual.p99_ns = out.usual.wakes < Series::kNeeded[2]
                             ? std::nullopt
                             : std::optional(series.quantiles()[2]);
    }
  }
  out.diagnosis = findings::diagnose(wake, out.usual);
  present::TextOptions options;
  options.width = width;
  fmt::memory_buffer text;
  present::explain_text(out, options, text);
  return lines_of({text.data(), text.size()});
}

}  // namespace

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string> help_lines(bool playback) {
  std::vector<std::string> lines{
      "up down j k, page, home end, the wheel   move; a click chooses",
      "enter, right, l        open: VM > vCPU > path > wake > its steps",
      "esc, left, h           back",
      "/                      only what holds this text: a VM, a vCPU, a path",
      "s                      sort by p99, max, share over the target, rate, p50, name",
      "v c p i                a line for each VM, CPU, path, interrupt; again: for each vCPU",
      "t                      the target: what takes longer is slow (200us, 1.5ms)",
      "z                      count anew from here on",
      "e                      explain the slowest wake of the chosen line",
      "x                      the command that gives the wake to other programs",
      "?  q                   this help; quit",
  };
  if (playback) {
    lines.insert(lines.end(),
                 {"space                  play, or stop", ".                      to the next wake",
                  "+ -                    faster, slower",
                  "] [                    on, or back, by a tenth of a minute",
                  "0 G                    to the begin, to the end",
                  "w                      save this wake and the time around it: with --save DIR"});
  } else {
    lines.insert(lines.end(),
                 {"space                  pause: wakes that come meanwhile are not added up",
                  "r w                    record now, save this wake: with a flight recorder"});
  }
  lines.insert(
      lines.end(),
      {"", "All figures are since the begin or z, but wake/s (the last 5 s) and the bars of the",
       "last minute. Two digits are right. *: too few wakes (p99 takes 100). normal is the mean",
       "of the wakes within the target. mostly: who had most of their time. Why and try are of",
       "the slowest wakes that are kept."});
  return lines;
}

void draw_text(Page& page, const Area& area, Cells& cells) {
  Place& place = page.state.place();
  const View view = place.choice.view;
  std::vector<std::string> lines = view == View::help ? help_lines(page.playback.has_value())
                                   : view == View::steps
                                       ? step_lines(page, *place.choice.scope.wake, area.width)
                                       : why_lines(page, *place.choice.scope.wake, area.width);
  place.top = std::min(place.top, lines.size() > area.height ? lines.size() - area.height : 0);
  page.first_row = area.row;
  page.shown_rows = area.height;
  for (std::size_t i = 0; i < area.height && place.top + i < lines.size(); ++i) {
    cells.put({area.row + i, area.column}, present::shorten(lines[place.top + i], area.width),
              Style::plain, area.width);
  }
}

}  // namespace wakepath::screen
