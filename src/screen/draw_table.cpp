// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "analysis/moment.hpp"
#include "findings/culprit.hpp"
#include "findings/quiet_vcpu.hpp"
#include "present/bars.hpp"
#include "present/view.hpp"
#include "screen/brief.hpp"
#include "screen/draw.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::screen {

namespace {

// A column of the table, from its left end.
struct Field {
  enum class What : std::uint8_t {
    name,
    vcpus,
    rate,
    p50,
    p90,
    p99,
    p999,
    max,
    over,
    minute,
    most
  };
  What what;
  std::size_t width;
  bool right;
  std::optional<Order> order;  // that sorts by it
};

std::vector<Field> fields_for(View view, std::size_t width) {
  using enum Field::What;
  const bool wide = width >= 104;
  const bool grouped = view == View::vms || view == View::vcpus;
  std::vector<Field> fields{{name, 0, false, Order::name}};
  if (grouped) {
    fields.push_back({vcpus, wide ? 9U : 5U, true, {}});
  }
  fields.push_back({rate, 6, true, Order::rate});
  fields.push_back({p50, 6, true, Order::p50});
  if (wide) {
    fields.push_back({p90, 6, true, {}});
  }
  fields.push_back({p99, 6, true, Order::p99});
  if (wide) {
    fields.push_back({p999, 6, true, {}});
  }
  fields.push_back({max, 6, true, Order::max});
  fields.push_back({over, 7, true, Order::over});
  fields.push_back({minute, wide ? 15U : 10U, false, {}});
  fields.push_back({most, wide ? 16U : 10U, false, {}});
  std::size_t taken = 1;
  for (const Field& field : fields) {
    taken += field.width + 1;
  }
  fields.front().width = width - std::min(width, taken);
  return fields;
}

std::string title_of(const Page& page, Field::What what) {
  using enum Field::What;
  switch (what) {
    case name:
      switch (page.state.place().choice.view) {
        case View::paths:
          return "path";
        case View::cpus:
          return "woke on";
        case View::interrupts:
          return "begun by interrupt";
        default:
          return "VM";
      }
    case vcpus:
      return "vCPU";
    case rate:
      return "wake/s";
    case p50:
      return "p50";
    case p90:
      return "p90";
    case p99:
      return "p99";
    case p999:
      return "99.9";
    case max:
      return "max";
    case over:
      return ">" + exact_duration(page.model.target_ns());
    case minute:
      return minute_text(page.model);
    case most:
      return "mostly";
  }
  return "";
}

std::string quantile_text(const Row& row, std::size_t quantile) {
  return row.carries(quantile) ? brief_time(row.quantiles[quantile]) : "*";
}

std::string most_text(const Row& row) {
  Culprits all;
  for (const Series* const part : row.parts) {
    all.add(part->culprits());
  }
  const BlameRow* const most = all.most();
  return most == nullptr ? "" : short_culprit(*most);
}

std::string field_text(const Page& page, const Row& row, const Field& field,
                       std::uint64_t full_ns) {
  using enum Field::What;
  switch (field.what) {
    case name:
      return present::shorten_middle(escape_terminal(row.name), field.width);
    case vcpus:
      return present::shorten_middle(row.vcpus, field.width);
    case rate:
      return brief_rate(row.rate);
    case p50:
      return quantile_text(row, 0);
    case p90:
      return quantile_text(row, 1);
    case p99:
      return quantile_text(row, 2);
    case p999:
      return quantile_text(row, 3);
    case max:
      return brief_time(row.max_ns);
    case over:
      return brief_share(row.over, row.over_of);
    case minute:
      return sparkline(page.model, minutes_of(row), field.width - 1, full_ns);
    case most:
      return present::shorten_middle(most_text(row), field.width);
  }
  return "";
}

void draw_row(const Page& page, const Row& row, const std::vector<Field>& fields, At at,
              std::uint64_t full_ns, Cells& cells) {
  using enum Field::What;
  std::size_t column = at.column + 1;
  const bool slow = row.over * 100 > row.over_of;
  for (const Field& field : fields) {
    const bool told = field.what == name || field.what == vcpus;
    if (row.parts.empty() && !told) {
      cells.put({at.row, column},
                row.quiet != nullptr  ? escape_terminal(findings::quiet_reason(*row.quiet))
                : row.minutes.empty() ? std::string("-")
                                      : brief_rate(row.rate) + " wakes/s, none with a total",
                Style::dim, page.rows.empty() ? 0 : fields.back().width + 50);
      return;
    }
    const std::string text = field_text(page, row, field, full_ns);
    const Style style = slow && (field.what == p99 || field.what == over) ? Style::bad
                        : field.what == minute                            ? Style::bar
                                                                          : Style::plain;
    const std::size_t blanks =
        field.right ? field.width - std::min(field.width, present::columns_of(text)) : 0;
    cells.put({at.row, column + blanks}, text, style, field.width);
    column += field.width + 1;
  }
}

void draw_titles(const Page& page, const std::vector<Field>& fields, const Area& area,
                 Cells& cells) {
  std::size_t column = area.column + 1;
  for (const Field& field : fields) {
    std::string title = title_of(page, field.what);
    const bool sorted = field.order == page.state.place().choice.order;
    title += sorted ? "▼" : "";
    const std::size_t blanks =
        field.right ? field.width - std::min(field.width, present::columns_of(title)) : 0;
    cells.put({area.row, column + blanks}, title, sorted ? Style::bold : Style::title,
              field.width + (field.right ? 1 : 0));
    column += field.width + 1;
  }
}

void draw_wake_row(const Page& page, const WakeChain& wake, At at, std::size_t width,
                   Cells& cells) {
  const std::vector<BlameRow> parts = parts_of(wake);
  const auto most = std::ranges::max_element(parts, {}, &BlameRow::ns);
  const Stage* worst = nullptr;
  for (const Stage& stage : wake.stages) {
    const auto length = [](const Stage& one) { return one.end_ns - one.begin_ns; };
    worst = worst == nullptr || length(stage) > length(*worst) ? &stage : worst;
  }
  const std::string text = fmt::format("{:<8} {:<13} {:>6}  {:<14} ", fmt::format("#{}", wake.id),
                                       when_text(page.model, wake), brief_time(wake.total_ns()),
                                       worst == nullptr ? "" : std::string(name_of(worst->kind)));
  std::size_t column = at.column + 1 + cells.put({at.row, at.column + 1}, text);
  const std::size_t left = width - std::min(width, column - at.column);
  const std::string who = short_who(page.model, wake.who);
  const std::size_t who_width = std::min<std::size_t>(left / 2, 20);
  cells.put({at.row, column}, present::shorten_middle(who, who_width), Style::plain, who_width);
  column += who_width + 1;
  if (most != parts.end() && left > who_width + 1) {
    cells.put({at.row, column}, short_culprit(*most), Style::plain, left - who_width - 1);
  }
}

// Which of `all` lines are shown, so that the chosen one is.
std::size_t first_shown(Place& place, std::size_t all, std::size_t lines) {
  if (place.index < place.top) {
    place.top = place.index;
  } else if (place.index >= place.top + lines) {
    place.top = place.index - lines + 1;
  }
  place.top = std::min(place.top, all > lines ? all - lines : 0);
  return place.top;
}

}  // namespace

std::string short_culprit(const BlameRow& row) {
  switch (row.kind) {
    case BlameKind::task:
      return escape_terminal(findings::thread_of(row.what));
    case BlameKind::hardirq: {
      const bool known = row.interrupt && !row.interrupt->device_or_address().empty();
      return "irq " + escape_terminal(known ? row.interrupt->device_or_address() : row.what);
    }
    case BlameKind::softirq:
      return "softirq " + escape_terminal(row.what);
    case BlameKind::idle_exit:
      return "idle exit";
    case BlameKind::ipi:
      return "IPI";
    case BlameKind::self:
      return row.what.empty() ? "self" : "VMM";
    case BlameKind::unexplained:
      return "unexplained";
    case BlameKind::limit:
      return row.what == "freezer" ? "freezer" : "CPU limit";
  }
  return "";
}

std::string short_who(const Model& model, const VcpuIdentity& who) {
  const std::string vm = escape_terminal(vm_text(model, who));
  return who.vcpu ? fmt::format("{}:{}", vm, *who.vcpu) : vm;
}

std::string when_text(const Model& model, const WakeChain& wake) {
  if (wake.realtime_ns) {
    return analysis::time_of_day(*wake.realtime_ns);
  }
  const std::uint64_t begin = std::min(model.columns().begin_ns(), wake.begin_ns);
  return "+" + format_duration(wake.begin_ns - begin);
}

std::vector<const Minute*> minutes_of(const Row& row) {
  std::vector<const Minute*> minutes;
  minutes.reserve(row.parts.size());
  for (const Series* const part : row.parts) {
    minutes.push_back(&part->minute());
  }
  return minutes;
}

std::uint64_t longest_of(const std::vector<const Minute*>& minutes, const Model& model,
                         std::size_t column, std::size_t columns) {
  constexpr std::size_t kAll = TimeColumns::kColumns;
  const std::uint64_t now = model.columns().column_of(model.now_ns());
  const std::uint64_t first = now < kAll ? 0 : now - kAll + 1;
  std::uint64_t longest = 0;
  for (std::uint64_t at = first + column * kAll / columns;
       at < first + (column + 1) * kAll / columns; ++at) {
    for (const Minute* const minute : minutes) {
      longest = std::max(longest, minute->longest(at));
    }
  }
  return longest;
}

std::string sparkline(const Model& model, const std::vector<const Minute*>& minutes,
                      std::size_t columns, std::uint64_t full_ns) {
  constexpr std::array<std::string_view, 8> kBars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::string bars;
  for (std::size_t column = 0; column < columns; ++column) {
    const std::uint64_t longest = longest_of(minutes, model, column, columns);
    const double part =
        static_cast<double>(longest) / static_cast<double>(std::max<std::uint64_t>(full_ns, 1));
    const auto step = static_cast<std::size_t>(part * static_cast<double>(kBars.size()));
    bars += longest == 0 ? " " : kBars[std::min(step, kBars.size() - 1)];
  }
  return bars;
}

std::string minute_text(const Model& model) {
  const std::uint64_t span = model.columns().width_ns() * TimeColumns::kColumns;
  constexpr std::uint64_t kSecond = 1'000'000'000;
  return "last " + (span % kSecond == 0 ? fmt::format("{}s", span / kSecond) : brief_time(span));
}

void draw_table(Page& page, const Area& area, Cells& cells) {
  Place& place = page.state.place();
  const bool wakes = place.choice.view == View::wakes;
  const std::size_t all = wakes ? page.wakes.size() : page.rows.size();
  const std::size_t lines = area.height - 1;
  const std::size_t top = first_shown(place, all, lines);
  page.first_row = area.row + 1;
  page.shown_rows = lines;
  const std::size_t end = std::min(all, top + lines);
  if (all == 0) {
    cells.put({area.row + 1, area.column + 1},
              place.choice.filter.empty() ? "nothing yet" : "nothing matches the filter",
              Style::dim, area.width - 1);
  }
  if (wakes) {
    cells.put({area.row, area.column + 1},
              fmt::format("{:<8} {:<13} {:>6}  {:<14} {}", "slowest", "at", "total", "worst stage",
                          "of, and mostly"),
              Style::title, area.width - 1);
    for (std::size_t i = top; i < end; ++i) {
      draw_wake_row(page, *page.wakes[i], {page.first_row + i - top, area.column}, area.width,
                    cells);
    }
  } else {
    const std::vector<Field> fields = fields_for(place.choice.view, area.width);
    draw_titles(page, fields, area, cells);
    // Small latencies are to look small, also where all are.
    constexpr std::uint64_t kTargets = 4;
    std::uint64_t full_ns = kTargets * page.model.target_ns();
    for (std::size_t i = top; i < end; ++i) {
      full_ns = std::max(full_ns, longest_of(minutes_of(page.rows[i]), page.model, 0, 1));
    }
    for (std::size_t i = top; i < end; ++i) {
      draw_row(page, page.rows[i], fields, {page.first_row + i - top, area.column}, full_ns, cells);
    }
  }
  if (all != 0) {
    const std::size_t row = page.first_row + place.index - top;
    cells.paint({row, area.column}, area.width, Style::selected);
    cells.put({row, area.column}, ">", Style::selected);
  }
}

}  // namespace wakepath::screen
