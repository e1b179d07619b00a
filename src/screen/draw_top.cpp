// SPDX-License-Identifier: GPL-2.0-or-later
// The lines that are there in every view: the host, the verdict, the keys.
#include <algorithm>

#include <fmt/format.h>

#include "present/summary_text.hpp"
#include "present/view.hpp"
#include "screen/brief.hpp"
#include "screen/draw.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"
#include "util/seeded_hash.hpp"

namespace wakepath::screen {

namespace {

std::string own_cost(const TracerCost& cost) {
  const auto programs = cost.programs_ns();
  return programs && cost.elapsed_ns != 0
             ? fmt::format("own {}cpu", brief_share(*programs + cost.reader_ns, cost.elapsed_ns))
             : std::string();
}

std::string playback_text(const Playback& playback) {
  const std::string state = playback.ended ? "end" : playback.playing ? "▶" : "stopped";
  const std::string speed = playback.ended ? "" : fmt::format(" x{:g}", playback.speed);
  return fmt::format("{}{} at {}", state, speed, format_duration(playback.at_ns));
}

std::string recorder_text(const RecorderState& state) {
  return fmt::format("● rec {}: {} of {}", brief_count(state.dumps), brief_size(state.bytes),
                     present::size_text(state.limit_bytes));
}

// More than one wake in a hundred takes longer than the target: its p99 does.
bool is_slow(std::uint64_t over, std::uint64_t of) { return over * 100 > of; }

struct Verdict {
  std::size_t vms{}, slow_vms{};
  const GroupSeries* worst{};  // by its p99
};

Verdict judge_all(const Model& model) {
  struct Sum {
    std::uint64_t over{}, of{};
  };
  SeededMap<std::string, Sum> vms;
  Verdict verdict;
  std::uint64_t worst_ns = 0;
  for (const auto& group : model.groups()) {
    const Series& series = group->series;
    if (group->key.kind != model.main_kind() || series.totals().count() == 0) {
      continue;
    }
    Sum& sum = vms[group->vm_id];
    sum.over += series.over();
    sum.of += series.over_of();
    if (verdict.worst == nullptr || series.quantiles()[2] > worst_ns) {
      verdict.worst = group.get();
      worst_ns = series.quantiles()[2];
    }
  }
  verdict.vms = vms.size();
  for (const auto& [vm, sum] : vms) {
    verdict.slow_vms += is_slow(sum.over, sum.of) ? 1U : 0U;
  }
  return verdict;
}

std::string culprit_share(const Series& series) {
  for (const BlameRow& row : series.culprits().rows()) {
    if (row.kind != BlameKind::self && row.kind != BlameKind::unexplained) {
      return fmt::format("{}{} {}", series.culprits().rest_ns() != 0 ? ">=" : "",
                         brief_share(row.ns, series.culprits().ns()), short_culprit(row));
    }
  }
  return "";
}

std::string worst_text(const Page& page, const GroupSeries& worst) {
  const Series& series = worst.series;
  std::string text = "worst " + short_who(page.model, worst.key.who);
  const bool carries_p99 = series.totals().count() >= Series::kNeeded[2];
  text += carries_p99 ? "  p99 " + brief_time(series.quantiles()[2])
                      : "  max " + brief_time(series.totals().max());
  const std::string culprit = culprit_share(series);
  return culprit.empty() ? text : text + "   " + culprit;
}

}  // namespace

void draw_top(const Page& page, Cells& cells) {
  const Model& model = page.model;
  const std::size_t width = cells.size().columns;
  std::size_t column = cells.put({0, 0}, page.title, Style::bold, width / 3) + 2;
  std::string right;
  const auto add = [&right](const std::string& text) {
    if (!text.empty()) {
      right += "  " + text;
    }
  };
  if (page.playback) {
    add(playback_text(*page.playback));
  } else if (model.columns().begin_ns() != 0) {
    add(clock_text(model.now_ns() - model.columns().begin_ns()));
  }
  add(model.lost_uncounted() && model.lost() == 0 ? std::string("lost some")
                                                  : "lost " + brief_count(model.lost()));
  add(model.cost() ? own_cost(*model.cost()) : std::string());
  add(model.recorder() ? recorder_text(*model.recorder()) : std::string());
  const std::size_t taken = present::columns_of(right);
  if (model.header() && width > column + taken) {
    column += cells.put({0, column}, present::host_text(*model.header()), Style::plain,
                        width - column - taken);
  }
  cells.put_right({0, width}, right,
                  model.lost() != 0 || model.lost_uncounted() ? Style::bad : Style::plain);
}

void draw_verdict(const Page& page, Cells& cells) {
  const Model& model = page.model;
  const std::size_t width = cells.size().columns;
  const std::string target = exact_duration(model.target_ns());
  const Verdict verdict = judge_all(model);
  std::size_t column = 0;
  const auto put = [&](std::string_view text, Style style = Style::plain) {
    column += cells.put({1, column}, text, style);
  };
  if (model.paused()) {
    put("PAUSED", Style::warning);
    put(fmt::format(" {} meanwhile, not counted   ", count_text(model.skipped(), "wake")));
  } else if (model.lost() != 0 || model.lost_uncounted()) {
    put("LOST", Style::bad);
    put(" events: some wakes are missing   ");
  }
  if (verdict.worst == nullptr) {
    put(model.wakes() == 0 ? std::string("no wakes yet")
                           : count_text(model.wakes(), "wake") + ", none with a total yet");
    return;
  }
  const bool slow = verdict.slow_vms != 0;
  put(slow ? "SLOW" : "OK", slow ? Style::bad : Style::good);
  put(slow ? fmt::format(" {} of {} over {}   ", verdict.slow_vms, count_text(verdict.vms, "VM"),
                         target)
           : fmt::format(" {} within {}   ", count_text(verdict.vms, "VM"), target));
  put(worst_text(page, *verdict.worst));
  if (width > 120) {
    std::string more;
    if (model.main_kind() != analysis::TotalKind::to_entry) {
      more = fmt::format("{}   ", present::stage_label(analysis::name_of(*model.main_kind())));
    }
    if (const std::uint64_t others = model.of_other_kinds() + model.left_out(); others != 0) {
      more += fmt::format("{} not shown   ", count_text(others, "other wake"));
    }
    more += fmt::format("{} counted", count_text(model.wakes(), "wake"));
    if (present::columns_of(more) + column + 2 < width) {
      cells.put_right({1, width}, more, Style::dim);
    }
  }
}

void draw_keys(const Page& page, Cells& cells) {
  const std::size_t row = cells.size().rows - 1;
  const std::size_t width = cells.size().columns;
  const State& state = page.state;
  if (state.typing != Typing::nothing) {
    const std::string prompt = state.typing == Typing::filter ? "filter: " : "target: ";
    const std::size_t column = cells.put({row, 0}, prompt, Style::bold);
    const std::size_t end =
        column + cells.put({row, column}, escape_terminal(state.typed), Style::plain, width - 30);
    cells.put({row, end}, "_", Style::bold);
    cells.put_right({row, width}, "↵ keep   esc drop", Style::dim);
    return;
  }
  if (!state.message.empty()) {
    cells.put({row, 0}, escape_terminal(state.message), Style::warning);
    return;
  }
  const View view = state.place().choice.view;
  const bool text = view == View::steps || view == View::why || view == View::help;
  const std::string filter = state.place().choice.filter.empty()
                                 ? std::string()
                                 : "  only /" + escape_terminal(state.place().choice.filter);
  const std::string_view keys =
      text              ? "↑↓ move  ← back  ? help  q quit"
      : !filter.empty() ? "↑↓ move  ↵ open  ← back  / filter  ? help"
      : page.playback
          ? "space play  . step  +- speed  [ ] seek  0 G begin, end  ↵ open  ? help  q quit"
      : width >= 150
          ? "↑↓ move   ↵ open   ← back   s sort   v VM  c CPU  p path  i interrupt   / filter   "
            "t target   space pause   z reset   e explain   ? help   q quit"
          : "↑↓ move  ↵ open  ← back  s sort  v c p i group  / filter  t target  ? help";
  cells.put({row, 0}, keys, Style::dim);
  if (!filter.empty()) {
    cells.put_right({row, width}, filter, Style::bold);
  }
}

}  // namespace wakepath::screen
