// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/irq_moves.hpp"

#include <algorithm>

#include "present/json.hpp"
#include "present/text_table.hpp"
#include "present/view.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::present {
namespace {

using interrupts::IrqRow;
using interrupts::MoveOutcome;

std::string change_text(const std::string& before, const std::string& after) {
  return before == after ? or_dash(before) : or_dash(before) + " -> " + or_dash(after);
}

// "3 on CPU 2, 1 on CPU 0"
std::string came_text(const MoveOutcome& outcome) {
  if (!outcome.written) {
    return "not moved";
  }
  if (!outcome.came) {
    return "-";
  }
  std::string text;
  for (const host::CpuCount& one : *outcome.came) {
    text += fmt::format("{}{} on CPU {}", text.empty() ? "" : ", ", one.count, one.cpu);
  }
  return text.empty() ? "none in " + format_duration(outcome.waited_ns) : text;
}

// Quotes a root that a shell would split or expand.
std::string command(const IrqRow& row, const std::string& cpus, const std::string& root) {
  std::string file = fmt::format("{}/proc/irq/{}/smp_affinity_list", root, row.label);
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+";
  if (file.find_first_not_of(kPlain) != std::string::npos) {
    std::string quoted;
    for (const char c : file) {
      quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    file = "'" + quoted + "'";
  }
  return fmt::format("echo {} >{}", cpus, file);
}

}  // namespace

void move_table(const std::vector<MoveOutcome>& outcomes, bool dry, fmt::memory_buffer& out) {
  constexpr std::size_t kNameWidth = 36;
  std::vector<TextTable::Column> columns{
      {"IRQ", TextTable::Align::right}, {"NAME"}, {"DEVICE"}, {"MAY GO TO"}, {"GOES TO"}};
  if (!dry) {
    columns.push_back({"CAME SINCE"});
  }
  TextTable table(std::move(columns));
  for (const MoveOutcome& outcome : outcomes) {
    const IrqRow& row = outcome.move.row;
    const std::string name = row.names.empty() ? "" : row.names.front();
    table.row({row.label, or_dash(shorten(escape_terminal(row.name), kNameWidth)),
               or_dash(escape_terminal(name)),
               change_text(row.affinity, dry ? outcome.move.cpus.text() : outcome.affinity),
               dry ? or_dash(row.effective) : change_text(row.effective, outcome.effective),
               came_text(outcome)});
  }
  table.render(out);
}

void undo_text(const std::vector<MoveOutcome>& outcomes, const std::string& root,
               fmt::memory_buffer& out) {
  if (std::ranges::none_of(outcomes, &MoveOutcome::written)) {
    return;
  }
  fmt::format_to(fmt::appender(out), "The way back:\n");
  for (const MoveOutcome& outcome : outcomes) {
    if (outcome.written) {
      fmt::format_to(fmt::appender(out), "  {}\n",
                     escape_terminal(command(outcome.move.row, outcome.move.row.affinity, root)));
    }
  }
}

void plan_text(const std::vector<MoveOutcome>& outcomes, const std::string& root,
               fmt::memory_buffer& out) {
  fmt::format_to(fmt::appender(out), "Nothing is done. Without --dry-run:\n");
  for (const MoveOutcome& outcome : outcomes) {
    fmt::format_to(fmt::appender(out), "  {}\n",
                   escape_terminal(command(outcome.move.row, outcome.move.cpus.text(), root)));
  }
}

void move_json(const MoveOutcome& outcome, const std::string& root, fmt::memory_buffer& out) {
  const IrqRow& row = outcome.move.row;
  JsonWriter json(out);
  json.begin_object();
  json.field("type", "irq_move");
  json.field("irq", row.number);
  json.text_or_null("name", row.name);
  json.text_or_null("user_name", row.names.empty() ? "" : row.names.front());
  json.text_or_null("queue", row.queue);
  json.field("asked", outcome.move.cpus.text());
  json.field("written", outcome.written);
  json.text_or_null("error", outcome.refusal ? outcome.refusal->message : "");
  json.text_or_null("affinity_before", row.affinity);
  json.text_or_null("effective_before", row.effective);
  json.text_or_null("affinity", outcome.affinity);
  json.text_or_null("effective", outcome.effective);
  json.key("came");
  if (outcome.came) {
    json.begin_array();
    for (const host::CpuCount& one : *outcome.came) {
      json.begin_object();
      json.field("cpu", one.cpu);
      json.field("count", one.count);
      json.end_object();
    }
    json.end_array();
  } else {
    json.null();
  }
  json.field("waited_ns", outcome.waited_ns);
  json.text_or_null("undo", outcome.written ? command(row, row.affinity, root) : "");
  json.end_object();
  out.push_back('\n');
}

}  // namespace wakepath::present
