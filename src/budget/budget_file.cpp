// SPDX-License-Identifier: GPL-2.0-or-later
#include "budget/budget_file.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>
// Errors as values; the library's own code is compiled here alone.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "analysis/verdict.hpp"
#include "util/closest.hpp"
#include "util/cpu_set.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::budget {

namespace {

constexpr const char* kExample =
    "write it like this: [[budget]], vm = \"web-*\", target = \"200us\", fail-on = \"lost > 0\"";

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  Result<std::vector<BudgetLine>> read(const toml::table& table);
  [[nodiscard]] tl::unexpected<Error> wrong(const toml::source_position& at, std::string_view what,
                                            std::string fix = kExample) const {
    return fail(ErrorKind::usage,
                fmt::format("{}:{}:{}: {}", escape_terminal(file_), at.line, at.column,
                            escape_terminal(what)),
                std::move(fix));
  }

 private:
  using Texts = std::vector<std::pair<std::string, toml::source_position>>;

  Result<void> read_part(const toml::table& table, bool top);
  Result<void> check_keys(const toml::table& table, bool top) const;
  [[nodiscard]] Result<Texts> texts(const toml::table& table, std::string_view key) const;
  [[nodiscard]] Result<std::optional<std::string>> text(const toml::table& table,
                                                        std::string_view key) const;
  [[nodiscard]] Result<std::vector<std::string>> names(const toml::table& table,
                                                       std::string_view key) const;
  [[nodiscard]] Result<std::vector<std::uint32_t>> vcpus(const toml::table& table) const;
  [[nodiscard]] Result<BudgetLine::Each> each(const toml::table& table) const;
  Result<void> add_target(const toml::table& table, const BudgetLine& part);
  Result<void> add_expressions(const toml::table& table, const BudgetLine& part);
  Result<void> add(BudgetLine line, const toml::source_position& at);

  const std::string& file_;
  std::vector<BudgetLine> lines_;
  std::size_t patterns_{0};
};

std::string said(std::string_view key, std::string_view allowed) {
  return fmt::format("{} takes {}", key, allowed);
}

Result<void> Reader::check_keys(const toml::table& table, bool top) const {
  const std::vector<std::string> allowed =
      top ? std::vector<std::string>{"target", "stage", "fail-on", "budget"}
          : std::vector<std::string>{"name", "vm",     "vcpu",  "path",
                                     "each", "target", "stage", "fail-on"};
  for (const auto& [key, value] : table) {
    const std::string name(key.str());
    if (std::ranges::find(allowed, name) == allowed.end()) {
      const bool inside = top && (name == "vm" || name == "vcpu" || name == "path" ||
                                  name == "each" || name == "name");
      return wrong(
          key.source().begin,
          fmt::format("unknown key '{}'{}{}", name, did_you_mean(name, allowed),
                      inside ? "; it belongs below a [[budget]]" : ""),
          fmt::format("the keys {} are {}", top ? "before the first [[budget]]" : "of a [[budget]]",
                      fmt::join(allowed, ", ")));
    }
  }
  return {};
}

Result<Reader::Texts> Reader::texts(const toml::table& table, std::string_view key) const {
  Texts found;
  const toml::node* const node = table.get(key);
  if (node == nullptr) {
    return found;
  }
  const auto take = [&](const toml::node& one) -> Result<void> {
    const auto* const value = one.as_string();
    if (value == nullptr || value->get().empty()) {
      return wrong(one.source().begin,
                   said(key, "a text in quotation marks, or several: [\"...\", \"...\"]"));
    }
    found.emplace_back(value->get(), one.source().begin);
    return {};
  };
  const toml::array* const several = node->as_array();
  if (several == nullptr) {
    WAKEPATH_CHECK(take(*node));
    return found;
  }
  if (several->empty()) {
    return wrong(node->source().begin, said(key, "at least one text"), "leave it out otherwise");
  }
  for (const toml::node& one : *several) {
    WAKEPATH_CHECK(take(one));
  }
  return found;
}

Result<std::optional<std::string>> Reader::text(const toml::table& table,
                                                std::string_view key) const {
  const toml::node* const node = table.get(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto* const value = node->as_string();
  if (value == nullptr || value->get().empty()) {
    return wrong(node->source().begin, said(key, "one text in quotation marks"));
  }
  return value->get();
}

Result<std::vector<std::string>> Reader::names(const toml::table& table,
                                               std::string_view key) const {
  WAKEPATH_TRY(const Texts found, texts(table, key));
  std::vector<std::string> all;
  for (const auto& [name, at] : found) {
    if (name.size() > kMostPatternBytes) {
      return wrong(at, said(key, fmt::format("at most {} characters", kMostPatternBytes)),
                   "* stands for any characters");
    }
    all.push_back(name);
  }
  return all;
}

Result<std::vector<std::uint32_t>> Reader::vcpus(const toml::table& table) const {
  const toml::node* const node = table.get("vcpu");
  if (node == nullptr) {
    return std::vector<std::uint32_t>{};
  }
  CpuSet all;
  const auto take = [&](const toml::node& one) -> Result<void> {
    const auto* const list = one.as_string();
    const auto* const number = one.as_integer();
    const auto set = CpuSet::parse(list != nullptr     ? list->get()
                                   : number != nullptr ? fmt::format("{}", number->get())
                                                       : std::string("-"));
    if (!set || set->empty()) {
      return wrong(one.source().begin,
                   said("vcpu", "numbers from 0 to 4095, as 0, [0, 2] or \"0-3,8\""));
    }
    all = united(all, *set);
    return {};
  };
  if (const toml::array* const several = node->as_array(); several != nullptr) {
    if (several->empty()) {
      return wrong(node->source().begin, said("vcpu", "at least one number"),
                   "leave it out otherwise");
    }
    for (const toml::node& one : *several) {
      WAKEPATH_CHECK(take(one));
    }
  } else {
    WAKEPATH_CHECK(take(*node));
  }
  return all.list();
}

Result<BudgetLine::Each> Reader::each(const toml::table& table) const {
  WAKEPATH_TRY(const auto word, text(table, "each"));
  if (!word) {
    return BudgetLine::Each::all;
  }
  if (*word != "vm" && *word != "vcpu") {
    return wrong(table.get("each")->source().begin, said("each", "\"vm\" or \"vcpu\""),
                 "without it the wakes of all are judged together");
  }
  return *word == "vm" ? BudgetLine::Each::vm : BudgetLine::Each::vcpu;
}

Result<void> Reader::add(BudgetLine line, const toml::source_position& at) {
  if (lines_.size() == kMostLines) {
    return wrong(at, fmt::format("more than {} targets and expressions", kMostLines),
                 "judge them in several runs");
  }
  patterns_ += line.vms.size() + line.paths.size();
  if (patterns_ > kMostPatterns) {
    return wrong(at,
                 fmt::format("more than {} patterns, each counted for each target and expression",
                             kMostPatterns),
                 "judge them in several runs");
  }
  line.file = file_;
  line.line = at.line;
  lines_.push_back(std::move(line));
  return {};
}

Result<void> Reader::add_target(const toml::table& table, const BudgetLine& part) {
  WAKEPATH_TRY(const auto target, text(table, "target"));
  WAKEPATH_TRY(const Texts stages, texts(table, "stage"));
  if (!target) {
    return stages.empty()
               ? Result<void>{}
               : wrong(
                     stages.front().second, "stage says of what the target is, and there is none",
                     "an expression names its stage itself: fail-on = \"p99(wake_delay) > 50us\"");
  }
  const toml::source_position at = table.get("target")->source().begin;
  const auto ns = parse_duration(*target);
  if (!ns || *ns == 0) {
    return wrong(at, said("target", "a time with its unit in quotation marks, as \"200us\""));
  }
  BudgetLine line = part;
  line.target_ns = *ns;
  if (stages.empty()) {
    return add(std::move(line), at);
  }
  for (const auto& [stage, place] : stages) {
    line.expression = fmt::format("p99({}) > {}", stage, *target);
    if (const auto verdict = analysis::parse_verdict(line.expression, analysis::Stages::patterns);
        !verdict || verdict->stage != stage) {
      return wrong(place, verdict ? "no such stage" : verdict.error().message);
    }
    WAKEPATH_CHECK(add(line, place));
  }
  return {};
}

Result<void> Reader::add_expressions(const toml::table& table, const BudgetLine& part) {
  using Quantity = analysis::Verdict::Quantity;
  WAKEPATH_TRY(const Texts expressions, texts(table, "fail-on"));
  for (const auto& [expression, at] : expressions) {
    const auto verdict = analysis::parse_verdict(expression, analysis::Stages::patterns);
    if (!verdict) {
      return wrong(at, verdict.error().message, verdict.error().fix);
    }
    const Quantity what = verdict->quantity;
    const bool of_input =
        what == Quantity::lost || what == Quantity::missed || what == Quantity::late;
    if (of_input && (!part.takes_all() || part.each != BudgetLine::Each::all)) {
      return wrong(
          at,
          fmt::format("'{}' is of the whole input, and can't be judged for some of it", expression),
          "write it before the first [[budget]], or below one without vm, vcpu, path "
          "and each");
    }
    if (what == Quantity::deliveries && !part.paths.empty()) {
      return wrong(
          at,
          fmt::format("'{}' counts interrupts of running vCPUs, which have no path", expression),
          "write it below a [[budget]] without path");
    }
    BudgetLine line = part;
    line.expression = expression;
    WAKEPATH_CHECK(add(std::move(line), at));
  }
  return {};
}

Result<void> Reader::read_part(const toml::table& table, bool top) {
  WAKEPATH_CHECK(check_keys(table, top));
  BudgetLine part;
  WAKEPATH_TRY(const auto name, text(table, "name"));
  part.name = name.value_or("");
  WAKEPATH_TRY(part.vms, names(table, "vm"));
  WAKEPATH_TRY(part.vcpus, vcpus(table));
  WAKEPATH_TRY(part.paths, names(table, "path"));
  WAKEPATH_TRY(part.each, each(table));
  const std::size_t before = lines_.size();
  WAKEPATH_CHECK(add_target(table, part));
  WAKEPATH_CHECK(add_expressions(table, part));
  if (!top && lines_.size() == before) {
    return wrong(table.source().begin, "this [[budget]] asks for nothing",
                 "give it a target or a fail-on");
  }
  return {};
}

Result<std::vector<BudgetLine>> Reader::read(const toml::table& table) {
  WAKEPATH_CHECK(read_part(table, true));
  if (const toml::node* const node = table.get("budget"); node != nullptr) {
    const toml::array* const parts = node->as_array();
    if (parts == nullptr || !parts->is_array_of_tables()) {
      return wrong(node->source().begin, "budget takes tables, each below a line [[budget]]");
    }
    for (const toml::node& part : *parts) {
      WAKEPATH_CHECK(read_part(*part.as_table(), false));
    }
  }
  if (lines_.empty()) {
    return fail(ErrorKind::usage, fmt::format("{}: it asks for nothing", escape_terminal(file_)),
                kExample);
  }
  return std::move(lines_);
}

}  // namespace

Result<std::vector<BudgetLine>> parse_budget(std::string_view text, const std::string& file) {
  Reader reader(file);
  if (text.size() >= kMostBytes) {
    return fail(ErrorKind::usage, fmt::format("{}: no budget has 1 MiB", escape_terminal(file)),
                kExample);
  }
  const toml::parse_result parsed = toml::parse(text, std::string_view("budget"));
  if (!parsed) {
    return reader.wrong(parsed.error().source().begin, parsed.error().description());
  }
  return reader.read(parsed.table());
}

}  // namespace wakepath::budget
