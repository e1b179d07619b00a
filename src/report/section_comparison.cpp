// SPDX-License-Identifier: GPL-2.0-or-later
// What changed against the recording before, and how sure that is.
#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "present/compare_output.hpp"
#include "report/sections.hpp"
#include "util/duration.hpp"

namespace wakepath::report {

namespace {

using analysis::Change;
using analysis::ChangeRow;

std::string_view word_of_change(Change change) {
  switch (change) {
    case Change::worse:
      return "worse";
    case Change::better:
      return "better";
    case Change::unsure:
      return "not known";
    case Change::none:
      break;
  }
  return "=";
}

// In ns, or of a share in parts of a million, so that a column can be sorted.
void change_cell(Html& html, const ChangeRow& row, std::string_view text, double value) {
  const bool share = row.quantity == "over";
  constexpr double kMillion = 1e6;
  html.open("td").attr("class", "n");
  html.attr(share ? "data-ppm" : "data-ns", std::llround(share ? value * kMillion : value));
  html.text(text).close();
}

void write_change(const analysis::Comparison& of, const ChangeRow& row, Html& html) {
  const analysis::Difference& by = row.difference;
  const auto side = [&](std::uint64_t count, double value) {
    if (present::change_is_carried(row, count)) {
      change_cell(html, row, present::change_value_text(row, value), value);
    } else {
      html.open("td").attr("class", "n").text("*").close();
    }
  };
  html.open("tr").attr("class", fmt::format("change-{}", analysis::name_of(row.change)));
  row_name(html, present::who_changed(row));
  text_cell(html, row.stage);
  text_cell(html, row.quantity == "over" ? "> " + format_duration(of.target_ns) : row.quantity);
  side(row.count_before, by.before);
  side(row.count_after, by.after);
  if (row.change == Change::unsure) {
    html.element("td", "").element("td", "");
  } else {
    change_cell(html, row, present::change_signed_text(row, by.after - by.before),
                by.after - by.before);
    text_cell(html, fmt::format("{} .. {}", present::change_signed_text(row, by.low),
                                present::change_signed_text(row, by.high)));
  }
  html.open("td")
      .element("strong", row.quantity == "max" ? "" : word_of_change(row.change))
      .close()
      .close();
}

void write_changes(const analysis::Comparison& of, Html& html) {
  begin_table(html, {"change-table", "Before and after", true},
              {{"Who"},
               {"Stage"},
               {"What"},
               {"Before", true},
               {"After", true},
               {"Change", true},
               {"95%"},
               {"Verdict"}});
  std::size_t rows = 0;
  for (const ChangeRow& row : of.rows) {
    if (present::change_is_shown(of, row) && ++rows <= kMostRows) {
      write_change(of, row, html);
    }
  }
  end_table(html);
  left_out(html, rows - std::min(rows, kMostRows), "more row");
  left_out(html, of.left_out, "more group");
}

void write_shifts(const analysis::Comparison& of, Html& html) {
  begin_table(html, {"shift-table", "Who took it, of the mean wake", true},
              {{"Who"}, {"Before", true}, {"After", true}, {"Change", true}});
  const std::size_t shown = std::min(of.culprits.size(), kMostRows);
  for (std::size_t i = 0; i < shown; ++i) {
    const analysis::ShiftRow& row = of.culprits[i];
    const double change = row.after_ns - row.before_ns;
    const auto cell = [&html](std::string_view sign, double ns) {
      html.open("td").attr("class", "n").attr("data-ns", std::llround(ns));
      html.text(sign).text(present::ns_text(ns)).close();
    };
    html.open("tr");
    row_name(html, row.name);
    cell("", row.before_ns);
    cell("", row.after_ns);
    cell(change < 0 ? "" : "+", change);
    html.close();
  }
  end_table(html);
  left_out(html, of.culprits.size() - shown, "more row");
}

}  // namespace

void write_comparison(const Collected& all, Html& html) {
  if (!all.comparison) {
    return;
  }
  const analysis::Comparison& of = *all.comparison;
  begin_section(html, "comparison", "What changed");
  fmt::memory_buffer first;
  present::append_change(of, {}, first);
  html.open("p").attr("class", of.is_worse() ? "verdict failed" : "verdict open");
  const std::string_view line(first.data(), first.size() - 1);
  html.element("strong", line.substr(0, line.find("  ")));
  html.text(line.substr(std::min(line.find("  ") + 1, line.size()))).close();
  for (const auto& [name, side] :
       {std::pair("before", &of.before), std::pair("after", &of.after)}) {
    fmt::memory_buffer text;
    present::append_compared_side(name, *side, text);
    html.sentence({text.data(), text.size() - 1});
  }
  for (const std::string& one : of.differs) {
    html.sentence("differs: " + one);
  }
  write_changes(of, html);
  write_shifts(of, html);
  for (const auto& [paths, name] :
       {std::pair(&of.only_before, "gone"), std::pair(&of.only_after, "new")}) {
    for (std::size_t i = 0; i < std::min(paths->size(), kMostRows); ++i) {
      html.sentence(fmt::format("path {}: {}", name, (*paths)[i]));
    }
  }
  html.open("p").attr("class", "quiet");
  html.text(fmt::format(
      "Intervals: {} resamples of blocks of {}, seed {}. * not known of so few "
      "wakes; max is one wake, and has no interval. All that follows is of the recording after.",
      of.resamples, format_duration(of.block_ns), of.seed));
  html.close();
  end_section(html);
}

}  // namespace wakepath::report
