// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/compare_output.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "analysis/histogram.hpp"
#include "present/bars.hpp"
#include "present/ndjson_parts.hpp"
#include "present/print.hpp"
#include "present/text_table.hpp"
#include "present/view.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

using analysis::Change;
using analysis::ChangeRow;
using analysis::Comparison;
using analysis::SideInfo;

std::string ns_text(double ns) {
  const std::string text = format_duration(static_cast<std::uint64_t>(std::abs(ns)));
  return ns < 0 ? "-" + text : text;
}

std::string change_value_text(const ChangeRow& row, double value) {
  return row.quantity == "over" ? fmt::format("{:.2f}%", value * 100) : ns_text(value);
}

bool change_is_shown(const Comparison& of, const ChangeRow& row) {
  return row.stage == of.total || (row.vm == "*" && row.path == "*") ||
         row.change == Change::worse || row.change == Change::better;
}

bool change_is_carried(const ChangeRow& row, std::uint64_t count) {
  const double q = row.quantity == "p50"   ? 0.50
                   : row.quantity == "p90" ? 0.90
                   : row.quantity == "p99" ? 0.99
                                           : 0;
  return count >= analysis::needed_for_quantile(q);
}

std::string change_signed_text(const ChangeRow& row, double value) {
  return (value < 0 ? "" : "+") + change_value_text(row, value);
}

std::string who_changed(const ChangeRow& row) {
  std::string text = row.vm == "*" ? std::string("all wakes") : escape_terminal(row.vm);
  text += row.vcpu ? fmt::format(" vCPU {}", *row.vcpu) : "";
  return row.path == "*" ? text : escape_terminal(row.path);
}

void append_compared_side(std::string_view name, const SideInfo& side, fmt::memory_buffer& out) {
  std::string files;
  for (const std::string& file : side.files) {
    files += (files.empty() ? "" : ", ") + escape_terminal(file);
  }
  print(out, "{:<7} {}: Linux {} {}{}, {}, {}, {} lost\n", name, files,
        escape_terminal(side.header.kernel), escape_terminal(side.header.arch),
        side.header.realtime_offset_ns && side.header.begin_ns
            ? ", " + utc_text(*side.header.begin_ns + *side.header.realtime_offset_ns)
            : "",
        format_duration(side.duration_ns), count_text(side.wakes, "wake"), side.lost);
}

void append_change(const Comparison& of, const TextOptions& options, fmt::memory_buffer& out) {
  const auto count = [&of](Change change) {
    return static_cast<std::size_t>(std::ranges::count(of.rows, change, &ChangeRow::change));
  };
  const std::size_t worse = count(Change::worse);
  const std::size_t better = count(Change::better);
  if (worse == 0 && better == 0) {
    print(out, "{}\n",
          of.looked_at == 0
              ? painted("NOT KNOWN", Paint::yellow, options.color) +
                    "  too few wakes, or too short a time, to tell a change from chance"
              : painted("NO CHANGE", Paint::green, options.color) +
                    fmt::format("  chance explains the differences of all {} figures that were "
                                "looked at",
                                of.looked_at));
    return;
  }
  const Change first = worse != 0 ? Change::worse : Change::better;
  const auto row = std::ranges::find(of.rows, first, &ChangeRow::change);
  print(out, "{}  {}({}) of {}: {} -> {}; {} worse, {} better, of {} figures\n",
        worse != 0 ? painted("WORSE", Paint::red, options.color)
                   : painted("BETTER", Paint::green, options.color),
        row->quantity, row->stage, who_changed(*row),
        change_value_text(*row, row->difference.before),
        change_value_text(*row, row->difference.after), worse, better, of.looked_at);
}

namespace {

std::string change_text(Change change, const TextOptions& options) {
  switch (change) {
    case Change::worse:
      return painted("WORSE", Paint::red, options.color);
    case Change::better:
      return painted("better", Paint::green, options.color);
    case Change::unsure:
      return "not known";
    case Change::none:
      break;
  }
  return "=";
}

void append_rows(const Comparison& of, const TextOptions& options, bool stages,
                 fmt::memory_buffer& out) {
  using enum TextTable::Align;
  TextTable table({{stages ? "STAGE" : "WHO"},
                   {""},
                   {"BEFORE", right, 6},
                   {"AFTER", right, 6},
                   {"CHANGE, 95%"},
                   {""}});
  bool any = false;
  for (const ChangeRow& row : of.rows) {
    if ((row.stage != of.total) != stages || !change_is_shown(of, row)) {
      continue;
    }
    any = true;
    const auto& by = row.difference;
    const bool sure = row.change != Change::unsure;
    table.row(
        {shorten_middle(!stages ? who_changed(row)
                        : row.vm == "*" && row.path == "*"
                            ? row.stage
                            : fmt::format("{} of {}", row.stage, who_changed(row)),
                        options.width - 58),
         row.quantity == "over" ? fmt::format(">{}", format_duration(of.target_ns)) : row.quantity,
         change_is_carried(row, row.count_before) ? change_value_text(row, by.before) : "*",
         change_is_carried(row, row.count_after) ? change_value_text(row, by.after) : "*",
         sure ? fmt::format("{} [{} .. {}]", change_signed_text(row, by.after - by.before),
                            change_signed_text(row, by.low), change_signed_text(row, by.high))
              : "",
         row.quantity == "max" ? "" : change_text(row.change, options)});
  }
  if (any) {
    print(out, "\n");
    table.render(out);
  }
}

void append_culprit_shifts(const Comparison& of, const TextOptions& options,
                           fmt::memory_buffer& out) {
  constexpr std::size_t kFew = 6;
  using enum TextTable::Align;
  TextTable table(
      {{"WHO TOOK IT (of the mean wake)"}, {"BEFORE", right}, {"AFTER", right}, {"CHANGE", right}});
  for (std::size_t i = 0; i < std::min(kFew, of.culprits.size()); ++i) {
    const analysis::ShiftRow& row = of.culprits[i];
    const double change = row.after_ns - row.before_ns;
    table.row({"  " + shorten_middle(escape_terminal(row.name), options.width - 36),
               ns_text(row.before_ns), ns_text(row.after_ns),
               (change < 0 ? "" : "+") + ns_text(change)});
  }
  print(out, "\n");
  table.render(out);
}

}  // namespace

void compare_text(const Comparison& of, const TextOptions& options, fmt::memory_buffer& to) {
  fmt::memory_buffer out;
  append_compared_side("before", of.before, out);
  append_compared_side("after", of.after, out);
  for (const std::string& one : of.differs) {
    print(out, "differs {}\n", escape_terminal(one));
  }
  print(out, "\n");
  append_change(of, options, out);
  for (const VerdictResult& verdict : of.verdicts) {
    print(out, "{}  {}\n",
          verdict.outcome == VerdictResult::Outcome::passed   ? "PASS"
          : verdict.outcome == VerdictResult::Outcome::failed ? "FAIL"
                                                              : "NOT JUDGED",
          escape_terminal(verdict.text));
  }
  append_rows(of, options, false, out);
  append_rows(of, options, true, out);
  append_culprit_shifts(of, options, out);
  for (const auto& [paths, name] :
       {std::pair(&of.only_before, "gone"), std::pair(&of.only_after, "new")}) {
    for (const std::string& path : *paths) {
      print(out, "path {}: {}\n", name, escape_terminal(path));
    }
  }
  print(out, "\nIntervals: {} resamples of blocks of {}, seed {}.", of.resamples,
        format_duration(of.block_ns), of.seed);
  if (of.looked_at != 0) {
    print(out, " WORSE and better hold for all {} figures together.", of.looked_at);
  }
  const bool all_carried = std::ranges::all_of(of.rows, [&of](const ChangeRow& row) {
    return !change_is_shown(of, row) ||
           (change_is_carried(row, row.count_before) && change_is_carried(row, row.count_after));
  });
  const bool all_shown = std::ranges::all_of(
      of.rows, [&of](const ChangeRow& row) { return change_is_shown(of, row); });
  print(out, " max is one wake: no interval.{}{}\n",
        all_carried ? "" : " * not known of so few wakes.",
        all_shown ? "" : " Stages of one VM or path stand here only where they changed.");
  if (of.left_out != 0) {
    print(out, "{} more, of VMs, vCPUs or paths, were not looked at.\n",
          count_text(of.left_out, "group"));
  }
  to.append(wrapped({out.data(), out.size()}, options.width));
}

void compare_ndjson(const Comparison& of, fmt::memory_buffer& out) {
  for (const ChangeRow& row : of.rows) {
    ndjson_line(out, "change", [&](JsonWriter& json) {
      json.field("vm", row.vm);
      json.field("vcpu", row.vcpu);
      json.field("path", row.path);
      json.field("stage", row.stage);
      json.field("quantity", row.quantity);
      json.field("count_before", row.count_before);
      json.field("count_after", row.count_after);
      const auto number = [&](std::string_view name, double value, bool known) {
        json.key(name);
        if (!known) {
          json.null();
        } else if (row.quantity == "over") {
          json.value(value);
        } else {
          json.value(static_cast<std::int64_t>(std::llround(value)));
        }
      };
      const bool sure = row.change != Change::unsure;
      number("before", row.difference.before, true);
      number("after", row.difference.after, true);
      number("low", row.difference.low, sure);
      number("high", row.difference.high, sure);
      json.field("change", name_of(row.change));
    });
  }
  for (const VerdictResult& verdict : of.verdicts) {
    verdict_ndjson(verdict, out);
  }
  ndjson_line(out, "comparison", [&](JsonWriter& json) {
    const auto texts = [&json](std::string_view name, const std::vector<std::string>& list) {
      json.key(name);
      json.begin_array();
      for (const std::string& one : list) {
        json.value(one);
      }
      json.end_array();
    };
    texts("before", of.before.files);
    texts("after", of.after.files);
    texts("differs", of.differs);
    texts("only_before", of.only_before);
    texts("only_after", of.only_after);
    json.field("total", of.total);
    json.field("target_ns", known(of.target_ns));
    json.field("worse", of.is_worse());
    json.field("looked_at", of.looked_at);
    json.field("left_out", of.left_out);
    json.field("resamples", of.resamples);
    json.field("seed", of.seed);
    json.field("block_ns", of.block_ns);
    json.key("culprits");
    json.begin_array();
    for (const analysis::ShiftRow& row : of.culprits) {
      json.begin_object();
      json.field("name", row.name);
      json.field("before_ns", std::llround(row.before_ns));
      json.field("after_ns", std::llround(row.after_ns));
      json.end_object();
    }
    json.end_array();
  });
}

}  // namespace wakepath::present
