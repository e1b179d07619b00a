// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/irq_table.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "present/bars.hpp"
#include "present/text_table.hpp"
#include "present/view.hpp"
#include "util/escape.hpp"

namespace wakepath::present {
namespace {

using interrupts::IrqReport;
using interrupts::IrqRow;

constexpr std::size_t kFewRows = 64;
constexpr std::size_t kRowsOfAScreen = 32;
constexpr std::size_t kFewCpus = 4;
constexpr std::size_t kNameWidth = 36;
constexpr std::size_t kAboutWidth = 60;
constexpr std::size_t kListWidth = 16;

std::string shown(std::string_view text, std::size_t width) {
  return shorten(escape_terminal(text), width);
}

std::string number_text(const std::optional<std::uint64_t>& number) {
  return number ? fmt::format("{}", *number) : "?";
}

std::string rate_text(const std::optional<double>& rate) {
  return !rate ? "?" : *rate == 0 ? "0" : fmt::format("{:.1f}", *rate);
}

// "12 87%, 3 5%": the CPUs that an interrupt came to most often, and their shares.
std::string busiest_text(std::vector<host::CpuCount> counts, std::uint64_t total) {
  constexpr std::size_t kShown = 2;
  std::ranges::stable_sort(counts, std::greater{}, &host::CpuCount::count);
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, counts.size()); ++i) {
    const double share = static_cast<double>(counts[i].count) * 100 / static_cast<double>(total);
    text += fmt::format("{}{} {:.0f}%", i == 0 ? "" : ", ", counts[i].cpu, share);
  }
  return text + (counts.size() > kShown ? ", .." : "");
}

// "ITS-MSI Edge", "GICv3 27 Level": the hwirq of a PCI message is its index and its address.
std::string controller_text(const IrqRow& row) {
  std::string_view chip = row.chip;
  if (row.msi_index && !row.pci.empty() && chip.ends_with("-" + row.pci)) {
    chip.remove_suffix(row.pci.size() + 1);
  }
  std::string text = shown(chip, 24);
  if (row.msi_index) {
    text += fmt::format(" #{}", *row.msi_index);
  } else if (row.hwirq) {
    text += fmt::format(" {}", *row.hwirq);
  }
  return text + (row.trigger.empty() ? "" : " " + shown(row.trigger, 12));
}

std::string device_name(const IrqRow& row) {
  return or_dash(shown(row.names.empty() ? "" : row.names.front(), 20));
}

std::string address_of(const IrqRow& row) {
  return or_dash(shown(row.pci.empty() ? row.address : row.pci, 24));
}

std::string about_text(const IrqRow& row) {
  std::string text = row.device;
  if (!row.driver.empty()) {
    text = row.driver + (text.empty() ? "" : ": " + text);
  }
  if (row.device.empty() && !row.about.empty()) {
    text = row.about;
  }
  if (!row.vm.empty()) {
    text = "VM " + row.vm + ", " + text;
  }
  // Nothing else is known: the PCI address alone.
  if (text.empty()) {
    text = row.pci.empty() ? "not known" : "PCI device of which nothing else is known";
  }
  return shown(text, kAboutWidth);
}

bool has_no_affinity(const IrqRow& row) {
  return row.kind == IrqRow::Kind::per_cpu || row.kind == IrqRow::Kind::ipi;
}

std::string effective_text(const IrqRow& row) {
  return has_no_affinity(row) ? "its CPU" : or_dash(shown(row.effective, kListWidth));
}

std::string allowed_text(const IrqRow& row) {
  if (has_no_affinity(row)) {
    return "-";
  }
  const std::string list = or_dash(shown(row.affinity, kListWidth));
  return row.managed == true ? list + " managed" : list;
}

// A table that may be too wide for its page.
class IrqTable {
 public:
  explicit IrqTable(std::vector<TextTable::Column> columns) : columns_(std::move(columns)) {}

  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  void render(std::size_t width, fmt::memory_buffer& out) {
    const std::string left_out = fit(width);
    TextTable table(columns_);
    for (std::vector<std::string>& cells : rows_) {
      table.row(std::move(cells));
    }
    table.render(out);
    if (!left_out.empty()) {
      const std::string line = fmt::format(
          "Left out, for want of room: {}. A wider terminal or a pipe has all.\n", left_out);
      const std::string lines = wrapped(line, width);
      out.append(lines);
    }
  }

 private:
  // First goes what tells least of where interrupts come to; then texts are cut.
  std::string fit(std::size_t width) {
    constexpr std::size_t kLeastText = 16;
    std::string left_out;
    for (const char* const title : {"CONTROLLER", "ADDRESS", "DEVICE", "MAY GO TO"}) {
      const std::size_t what = place_of("WHAT IT IS");
      const std::size_t kept = std::min(width_of(what), kLeastText);
      const std::size_t at = place_of(title);
      if (all_widths() - width_of(what) + kept <= width) {
        break;
      }
      if (at < columns_.size()) {
        drop(at);
        left_out += left_out.empty() ? "" : ", ";
        left_out += title;
      }
    }
    for (const char* const title : {"WHAT IT IS", "NAME"}) {
      cut(place_of(title), width, kLeastText);
    }
    return left_out;
  }

  [[nodiscard]] std::size_t place_of(std::string_view title) const {
    return static_cast<std::size_t>(std::ranges::find(columns_, title, &TextTable::Column::title) -
                                    columns_.begin());
  }
  [[nodiscard]] std::size_t width_of(std::size_t column) const {
    std::size_t widest = columns_of(columns_[column].title);
    for (const auto& cells : rows_) {
      widest = std::max(widest, columns_of(cells[column]));
    }
    return widest;
  }
  [[nodiscard]] std::size_t all_widths() const {
    constexpr std::size_t kBetween = 2;
    std::size_t sum = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      sum += width_of(i) + (i == 0 ? 0 : kBetween);
    }
    return sum;
  }
  void drop(std::size_t column) {
    const auto at = static_cast<std::ptrdiff_t>(column);
    columns_.erase(columns_.begin() + at);
    for (auto& cells : rows_) {
      cells.erase(cells.begin() + at);
    }
  }
  void cut(std::size_t column, std::size_t width, std::size_t least) {
    const std::size_t all = all_widths();
    if (all <= width) {
      return;
    }
    const std::size_t now = width_of(column);
    const std::size_t to = std::max(now - std::min(all - width, now), std::min(now, least));
    for (auto& cells : rows_) {
      cells[column] = shorten(cells[column], to);
    }
  }

  std::vector<TextTable::Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

bool few_cpus(const IrqReport& report) {
  return !report.cpus.empty() && report.cpus.size() <= kFewCpus;
}

std::vector<TextTable::Column> columns(const IrqReport& report, bool rates) {
  std::vector<TextTable::Column> all{{"IRQ", TextTable::Align::right}};
  if (few_cpus(report)) {
    for (const std::uint32_t cpu : report.cpus) {
      all.push_back({fmt::format("CPU{}", cpu), TextTable::Align::right});
    }
  } else {
    all.push_back({"COUNT", TextTable::Align::right});
    all.push_back({"BUSIEST CPUS"});
  }
  if (rates) {
    all.push_back({"PER SECOND", TextTable::Align::right});
  }
  for (const char* title :
       {"GOES TO", "MAY GO TO", "NAME", "DEVICE", "ADDRESS", "CONTROLLER", "WHAT IT IS"}) {
    all.push_back({title});
  }
  return all;
}

void add_counts(const IrqReport& report, const IrqRow& row, std::vector<std::string>& cells) {
  if (!few_cpus(report)) {
    cells.push_back(number_text(row.total));
    cells.push_back(row.total ? busiest_text(row.counts, *row.total) : "");
    return;
  }
  for (std::size_t i = 0; i < report.cpus.size(); ++i) {
    if (!row.by_cpu || !row.total) {
      cells.push_back(i == 0 ? number_text(row.total) : "");
      continue;
    }
    const auto found = std::ranges::find(row.counts, report.cpus[i], &host::CpuCount::cpu);
    cells.push_back(fmt::format("{}", found == row.counts.end() ? 0 : found->count));
  }
}

void each_interrupt(const IrqReport& report, bool rates, std::size_t width,
                    fmt::memory_buffer& out) {
  IrqTable table(columns(report, rates));
  for (const IrqRow& row : report.rows) {
    std::vector<std::string> cells{escape_terminal(row.label)};
    add_counts(report, row, cells);
    if (rates) {
      cells.push_back(rate_text(row.rate));
    }
    cells.push_back(effective_text(row));
    cells.push_back(allowed_text(row));
    cells.push_back(or_dash(shown(row.name, kNameWidth)));
    cells.push_back(device_name(row));
    cells.push_back(address_of(row));
    cells.push_back(or_dash(controller_text(row)));
    cells.push_back(about_text(row));
    table.row(std::move(cells));
  }
  table.render(width, out);
}

// All interrupts of one device, or a single one that belongs to no device.
struct Group {
  const IrqRow* first{};
  std::size_t interrupts{0};
  std::uint64_t total{0};
  bool known{true};  // the total
  double rate{0};
  std::map<std::uint32_t, std::uint64_t> counts;
  std::string effective;
  bool mixed{false};  // they go to different CPUs
};

void add_to(Group& group, const IrqRow& row) {
  if (group.first == nullptr) {
    group.first = &row;
    group.effective = row.effective;
  }
  ++group.interrupts;
  group.known = group.known && row.total && *row.total <= UINT64_MAX - group.total;
  group.total += group.known ? *row.total : 0;
  group.rate += row.rate.value_or(0);
  group.mixed = group.mixed || row.effective != group.effective;
  for (const host::CpuCount& one : row.counts) {
    group.counts[one.cpu] += one.count;
  }
}

std::vector<Group> group_by_device(const IrqReport& report) {
  std::map<std::string, std::size_t> places;
  std::vector<Group> groups;
  for (const IrqRow& row : report.rows) {
    const std::string& address = row.pci.empty() ? row.address : row.pci;
    const std::string key = address.empty() ? "irq " + row.label : address;
    const auto [place, added] = places.try_emplace(key, groups.size());
    if (added) {
      groups.emplace_back();
    }
    add_to(groups[place->second], row);
  }
  return groups;
}

void each_device(const IrqReport& report, bool rates, std::size_t width, fmt::memory_buffer& out) {
  std::vector<Group> groups = group_by_device(report);
  std::ranges::stable_sort(groups, [rates](const Group& a, const Group& b) {
    return rates && a.rate != b.rate ? a.rate > b.rate : a.total > b.total;
  });
  const auto silent = [](const Group& group) { return group.known && group.total == 0; };
  const std::size_t never = static_cast<std::size_t>(std::ranges::count_if(groups, silent));
  std::erase_if(groups, silent);

  std::vector<TextTable::Column> titles{{"IRQS", TextTable::Align::right},
                                        {"FIRST", TextTable::Align::right},
                                        {"COUNT", TextTable::Align::right},
                                        {"BUSIEST CPUS"}};
  if (rates) {
    titles.push_back({"PER SECOND", TextTable::Align::right});
  }
  for (const char* title : {"GO TO", "NAME", "DEVICE", "ADDRESS", "WHAT IT IS"}) {
    titles.push_back({title});
  }
  IrqTable table(std::move(titles));
  for (std::size_t i = 0; i < std::min(groups.size(), kRowsOfAScreen); ++i) {
    const Group& group = groups[i];
    std::vector<host::CpuCount> counts;
    for (const auto& [cpu, count] : group.counts) {
      counts.push_back({cpu, count});
    }
    std::vector<std::string> cells{fmt::format("{}", group.interrupts),
                                   escape_terminal(group.first->label),
                                   group.known ? fmt::format("{}", group.total) : "?",
                                   group.known ? busiest_text(std::move(counts), group.total) : ""};
    if (rates) {
      cells.push_back(rate_text(group.rate));
    }
    cells.push_back(group.mixed ? "several" : effective_text(*group.first));
    cells.push_back(or_dash(shown(group.first->name, kNameWidth)) +
                    (group.interrupts > 1 ? ", .." : ""));
    cells.push_back(device_name(*group.first));
    cells.push_back(address_of(*group.first));
    cells.push_back(about_text(*group.first));
    table.row(std::move(cells));
  }
  table.render(width, out);
  if (groups.size() > kRowsOfAScreen) {
    fmt::format_to(fmt::appender(out), "{} more that interrupt less.\n",
                   groups.size() - kRowsOfAScreen);
  }
  if (never != 0) {
    fmt::format_to(fmt::appender(out), "{} more that never interrupted.\n", never);
  }
  fmt::format_to(fmt::appender(out),
                 "{}, joined by device: --all has each one, --device NAME those of one.\n",
                 count_text(report.rows.size(), "interrupt"));
}

}  // namespace

void irq_table(const IrqReport& report, IrqDetail detail, std::size_t width,
               fmt::memory_buffer& out) {
  const bool rates =
      std::ranges::any_of(report.rows, [](const IrqRow& row) { return row.rate.has_value(); });
  if (report.rows.empty()) {
    fmt::format_to(fmt::appender(out), "No interrupt.\n");
  } else if (detail == IrqDetail::all || report.rows.size() <= kFewRows) {
    each_interrupt(report, rates, width, out);
  } else {
    each_device(report, rates, width, out);
  }
}

}  // namespace wakepath::present
