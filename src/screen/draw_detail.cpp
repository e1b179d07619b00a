// SPDX-License-Identifier: GPL-2.0-or-later
// The chosen row, or wake: in which stages its time went, who had it, why, and what to try.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "findings/culprit.hpp"
#include "findings/diagnosis.hpp"
#include "present/bars.hpp"
#include "present/finding_text.hpp"
#include "present/view.hpp"
#include "screen/brief.hpp"
#include "screen/draw.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::screen {

namespace {

struct StageLine {
  StageKind kind{};
  std::optional<std::uint64_t> slow_ns, normal_ns;  // means
};

struct Detail {
  std::string title;
  std::string lead;  // above the bars
  bool slow{};       // there are slow wakes to show
  std::vector<StageLine> stages;
  std::vector<BlameRow> culprits;
  std::uint64_t of_ns{}, rest_ns{};
  std::vector<KeptWake> wakes;  // the slowest of them that are kept
};

std::optional<std::uint64_t> mean(const StageSum& sum) {
  return sum.wakes == 0 ? std::nullopt : std::optional(sum.ns / sum.wakes);
}

void set_wake(const KeptWake& wake, Detail& out) {
  out.wakes = {wake};
  out.slow = true;
  out.culprits = parts_of(*wake);
  std::ranges::stable_sort(out.culprits, std::ranges::greater{}, &BlameRow::ns);
  out.of_ns = wake->total_ns();
  for (const Stage& stage : wake->stages) {
    const auto same = std::ranges::find(out.stages, stage.kind, &StageLine::kind);
    StageLine& line = same == out.stages.end()
                          ? out.stages.emplace_back(StageLine{stage.kind, 0, std::nullopt})
                          : *same;
    line.slow_ns = line.slow_ns.value_or(0) + (stage.end_ns - stage.begin_ns);
  }
}

Detail detail_of_wake(const Page& page, const KeptWake& wake) {
  Detail detail;
  set_wake(wake, detail);
  for (const auto& group : page.model.groups()) {
    if (group->key.who.tid == wake->who.tid && group->key.path == wake->path &&
        group->key.kind == analysis::total_kind(*wake)) {
      for (StageLine& line : detail.stages) {
        line.normal_ns = mean(group->series.normal()[static_cast<std::size_t>(line.kind)]);
      }
    }
  }
  detail.title = fmt::format("#{}  {}  {}", wake->id, present::who_text(wake->who),
                             escape_terminal(wake->path));
  detail.lead = "this wake: " + brief_time(wake->total_ns());
  return detail;
}

std::string path_of(const Page& page, const Row& row) {
  if (row.scope.path) {
    return escape_terminal(*row.scope.path);
  }
  std::string path;
  std::size_t paths = 0;
  for (const auto& group : page.model.groups()) {
    if (std::ranges::find(row.parts, &group->series) != row.parts.end()) {
      paths += group->key.path == path ? 0U : 1U;
      path = group->key.path;
    }
  }
  return paths == 1 ? escape_terminal(path) : fmt::format("{} paths", paths);
}

Detail detail_of_row(const Page& page, const Row& row) {
  Detail detail;
  const Series all = joined(row);
  detail.wakes = all.slowest();
  detail.slow = all.over() != 0;
  detail.culprits = all.culprits().rows();
  detail.of_ns = all.culprits().ns();
  detail.rest_ns = all.culprits().rest_ns();
  for (std::size_t kind = 0; kind < kStageKinds; ++kind) {
    const StageLine line{static_cast<StageKind>(kind), mean(all.slow()[kind]),
                         mean(all.normal()[kind])};
    if (line.slow_ns || line.normal_ns) {
      detail.stages.push_back(line);
    }
  }
  const View view = page.state.place().choice.view;
  std::string name = escape_terminal(row.name);
  if (view == View::vcpus && !row.vcpus.empty()) {
    name += " vCPU " + row.vcpus;
  }
  const std::string path =
      view == View::vms || view == View::vcpus ? "   " + path_of(page, row) : std::string();
  detail.title = fmt::format("{}   {} slow of {}{}", name, all.over(),
                             count_text(all.over_of(), "wake"), path);
  detail.lead =
      detail.slow
          ? "slow wakes, mean " + brief_time(all.over_ns() / std::max<std::uint64_t>(all.over(), 1))
          : fmt::format("none takes longer than {}: means", exact_duration(page.model.target_ns()));
  return detail;
}

// Room for the figures at the right of the bars.
constexpr std::size_t kFigures = 28;
constexpr std::size_t kNames = 16;

void draw_stage(const StageLine& line, bool slow, std::uint64_t longest, const Area& area,
                Cells& cells) {
  cells.put({area.row, area.column + 1}, name_of(line.kind));
  const std::size_t bar = area.width - kNames - kFigures;
  const auto shown = slow ? line.slow_ns : line.normal_ns;
  if (shown) {
    cells.put({area.row, area.column + kNames}, present::bar(*shown, longest, bar), Style::bar);
  }
  const std::size_t right = area.column + area.width;
  if (slow) {
    cells.put_right({area.row, right - 18}, line.slow_ns ? brief_time(*line.slow_ns) : "-");
  }
  cells.put_right({area.row, right - 9}, line.normal_ns ? brief_time(*line.normal_ns) : "-");
  if (slow && line.slow_ns && line.normal_ns && *line.slow_ns > 2 * *line.normal_ns) {
    cells.put_right({area.row, right}, "+" + brief_time(*line.slow_ns - *line.normal_ns),
                    Style::bad);
  }
}

// The stages that matter most, where not all have room; in the order of the chain.
void draw_stages(const Detail& detail, const Area& area, Cells& cells) {
  const auto length = [&detail](const StageLine& line) {
    return (detail.slow ? line.slow_ns : line.normal_ns).value_or(0);
  };
  std::vector<StageLine> lines = detail.stages;
  while (lines.size() > area.height) {
    lines.erase(std::ranges::min_element(lines, {}, length));
  }
  std::uint64_t longest = 0;
  for (const StageLine& line : lines) {
    longest = std::max(longest, length(line));
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    draw_stage(lines[i], detail.slow, longest, {area.row + i, area.column, 1, area.width}, cells);
  }
}

std::string share_text(const Detail& detail, const BlameRow& row) {
  const std::string share = brief_share(row.ns, detail.of_ns);
  return (detail.rest_ns != 0 && share.front() != '<' ? ">=" : "") + share;
}

std::string who_line(const Detail& detail) {
  std::string text;
  for (const BlameRow& row : detail.culprits) {
    text += fmt::format("{}{} {}", text.empty() ? "" : "   ", share_text(detail, row),
                        escape_terminal(findings::culprit_name(row)));
  }
  return text;
}

// What took most of the slowest wakes, as `explain` says it of each. Own code counts where nothing
// else took as much as a tenth.
struct Reason {
  std::string why, fix;
};

struct Candidate {
  std::uint64_t ns{}, worst_ns{};
  std::size_t wakes{};
  Finding finding;  // of the wake that lost most to it
};

std::vector<Candidate> candidates_of(const std::vector<KeptWake>& wakes) {
  std::vector<Candidate> all;
  for (const KeptWake& wake : wakes) {
    findings::Diagnosis diagnosis = findings::diagnose(*wake, {});
    for (findings::Cause& cause : diagnosis.causes) {
      const Subject& subject = cause.finding.subject;
      const auto same = std::ranges::find_if(all, [&](const Candidate& one) {
        return one.finding.rule == cause.finding.rule && one.finding.subject.tid == subject.tid &&
               one.finding.subject.irq == subject.irq && one.finding.subject.cpus == subject.cpus;
      });
      Candidate& sum = same == all.end() ? all.emplace_back() : *same;
      sum.ns += cause.ns;
      ++sum.wakes;
      if (cause.ns > sum.worst_ns) {
        sum.worst_ns = cause.ns;
        sum.finding = std::move(cause.finding);
      }
    }
  }
  return all;
}

Reason reason_of(const Detail& detail) {
  constexpr std::size_t kMostJudged = 16;
  constexpr std::uint64_t kTenth = 10;
  std::vector<KeptWake> wakes = detail.wakes;
  wakes.resize(std::min(wakes.size(), kMostJudged));
  std::uint64_t of_ns = 0;
  for (const KeptWake& wake : wakes) {
    of_ns += wake->total_ns();
  }
  std::vector<Candidate> all = candidates_of(wakes);
  std::ranges::stable_sort(all, std::ranges::greater{}, [&](const Candidate& one) {
    const bool own = one.finding.rule == "own_code" || one.ns < of_ns / kTenth;
    return std::pair(!own, one.ns);
  });
  if (all.empty()) {
    return {};
  }
  const Candidate& most = all.front();
  const std::string lead = wakes.size() == 1
                               ? fmt::format("#{}: ", wakes.front()->id)
                               : fmt::format("{} of {} slowest: ", most.wakes, wakes.size());
  return {lead + escape_terminal(most.finding.text),
          most.finding.fixes.empty() ? "" : present::fix_phrase(most.finding.fixes.front())};
}

void draw_line(std::string_view label, std::string_view text, const Area& area, Cells& cells) {
  if (!text.empty()) {
    cells.put({area.row, area.column + 1}, label, Style::bold);
    cells.put({area.row, area.column + 6}, present::shorten(text, area.width - 6), Style::plain,
              area.width - 6);
  }
}

void draw_holders(const Detail& detail, const Area& area, Cells& cells) {
  cells.put({area.row, area.column}, "who had the time", Style::title, area.width);
  for (std::size_t i = 0; i < detail.culprits.size() && i + 1 < area.height; ++i) {
    const BlameRow& row = detail.culprits[i];
    cells.put({area.row + 1 + i, area.column},
              fmt::format("{:>6}  {}", share_text(detail, row),
                          escape_terminal(findings::culprit_name(row))),
              Style::plain, area.width);
  }
}

}  // namespace

void draw_detail(const Page& page, const Area& area, Cells& cells) {
  const Place& place = page.state.place();
  const bool wakes = place.choice.view == View::wakes;
  const bool any = place.index < (wakes ? page.wakes.size() : page.rows.size());
  if (!any || (!wakes && page.rows[place.index].parts.empty())) {
    draw_rule(area.row, area.width, "", cells);
    if (any && page.rows[place.index].quiet != nullptr) {
      cells.put({area.row + 1, 1}, "enter has nothing to open: it has no wakes", Style::dim);
    }
    return;
  }
  const Detail detail = wakes ? detail_of_wake(page, page.wakes[place.index])
                              : detail_of_row(page, page.rows[place.index]);
  draw_rule(area.row, area.width, present::shorten(detail.title, area.width - 6), cells);
  const bool large = area.width >= 160;
  const std::size_t right = large ? area.width * 3 / 4 : area.width;
  constexpr std::size_t kReasons = 3;
  const std::size_t reasons = large ? kReasons - 1 : kReasons;
  cells.put({area.row + 1, kNames}, detail.lead, Style::title, right - kNames - 17);
  cells.put_right({area.row + 1, right - 9}, "normal", Style::title);
  draw_stages(detail, {area.row + 2, 0, area.height - 2 - reasons, right}, cells);
  std::size_t row = area.row + area.height - reasons;
  if (large) {
    draw_holders(detail,
                 {area.row + 1, right + 3, area.height - 1 - reasons, area.width - right - 3},
                 cells);
  } else {
    draw_line("who", who_line(detail), {row++, 0, 1, area.width}, cells);
  }
  const Reason reason = reason_of(detail);
  draw_line("why", reason.why, {row++, 0, 1, area.width}, cells);
  draw_line("try", reason.fix, {row, 0, 1, area.width}, cells);
}

}  // namespace wakepath::screen
