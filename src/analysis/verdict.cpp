// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/verdict.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "util/closest.hpp"
#include "util/duration.hpp"
#include "util/glob.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

namespace {

using Quantity = Verdict::Quantity;
using Operator = Verdict::Operator;

constexpr std::array<std::pair<std::string_view, Operator>, 6> kOperators{{{">=", Operator::ge},
                                                                           {"<=", Operator::le},
                                                                           {"==", Operator::eq},
                                                                           {"!=", Operator::ne},
                                                                           {">", Operator::gt},
                                                                           {"<", Operator::lt}}};

constexpr std::array<std::pair<std::string_view, Quantity>, 7> kCounters{
    {{"wakes", Quantity::wakes},
     {"complete", Quantity::complete},
     {"incomplete", Quantity::incomplete},
     {"deliveries", Quantity::deliveries},
     {"lost", Quantity::lost},
     {"missed", Quantity::missed},
     {"late", Quantity::late}}};

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  while (!text.empty() && text.back() == ' ') {
    text.remove_suffix(1);
  }
  return text;
}

constexpr std::array<std::string_view, 3> kTotals{"total", "total_to_sched_in", "total_from_irq"};
constexpr std::array<std::string_view, 3> kFunctions{"min", "max", "count"};

std::vector<std::string> stage_names() {
  std::vector<std::string> names(kTotals.begin(), kTotals.end());
  for (std::size_t i = 0; i < kStageKinds; ++i) {
    names.emplace_back(name_of(static_cast<StageKind>(i)));
  }
  return names;
}

std::vector<std::string> counter_names() {
  std::vector<std::string> names;
  names.reserve(kCounters.size());
  for (const auto& [name, quantity] : kCounters) {
    names.emplace_back(name);
  }
  return names;
}

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

// Points to the bad part, and says what may stand there.
tl::unexpected<Error> unreadable(std::string_view whole, std::string_view part,
                                 const std::string& allowed) {
  const auto at = static_cast<std::size_t>(part.data() - whole.data());
  const std::string place = at == whole.size() ? "its end" : fmt::format("character {}", at + 1);
  const std::string where = part.empty()
                                ? fmt::format("'{}': can't read on at {}", whole, place)
                                : fmt::format("'{}': can't read '{}' at {}", whole, part, place);
  return fail(
      ErrorKind::usage, where + ": " + allowed,
      "write it like 'p99(total) > 200us', 'max(wake_delay) >= 1ms', 'count(total) < 100' or "
      "'lost > 0'");
}

constexpr const char* kOperatorsAllowed = "an operator is >, >=, <, <=, == or !=";

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
    return std::nullopt;
  }
  return value;
}

bool parse_function(std::string_view name, Verdict& out) {
  if (name == "min" || name == "max" || name == "count") {
    out.quantity = name == "min" ? Quantity::min : name == "max" ? Quantity::max : Quantity::count;
    return true;
  }
  if (!name.starts_with('p')) {
    return false;
  }
  const auto percent = whole_number<double>(name.substr(1));
  if (!percent || !(*percent >= 0 && *percent <= 100)) {
    return false;
  }
  out.quantity = Quantity::quantile;
  out.q = *percent / 100;
  return true;
}

tl::unexpected<Error> no_quantity(std::string_view whole, std::string_view part) {
  std::vector<std::string> names = counter_names();
  const std::string counters = joined(names);
  names.insert(names.end(), kFunctions.begin(), kFunctions.end());
  return unreadable(whole, part,
                    "a quantity is p0(STAGE) to p100(STAGE), min(STAGE), max(STAGE), count(STAGE), "
                    "or one of " +
                        counters + did_you_mean(part, names));
}

// `text` is a part of `whole`, and not empty.
Result<void> parse_quantity(std::string_view whole, std::string_view text, Stages kind,
                            Verdict& out) {
  for (const auto& [name, quantity] : kCounters) {
    if (text == name) {
      out.quantity = quantity;
      return {};
    }
  }
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || !text.ends_with(')')) {
    return no_quantity(whole, text);
  }
  const std::string_view function = trim(text.substr(0, open));
  if (!parse_function(function, out)) {
    return no_quantity(whole, function);
  }
  const std::string_view stage = trim(text.substr(open + 1, text.size() - open - 2));
  const std::vector<std::string> stages = stage_names();
  const bool fits =
      kind == Stages::patterns && is_glob(stage) && !stages_like(std::string(stage)).empty();
  if (!fits && std::ranges::find(stages, stage) == stages.end()) {
    return unreadable(whole, stage.empty() ? text : stage,
                      "a stage is one of " + joined(stages) + did_you_mean(stage, stages));
  }
  out.stage = std::string(stage);
  return {};
}

Result<void> parse_limit(std::string_view whole, std::string_view text, Verdict& out) {
  if (out.is_latency()) {
    const auto ns = parse_duration(text);
    if (!ns) {
      return unreadable(whole, text,
                        "a latency is compared with a number and its unit, ns, us, ms, s, m or h: "
                        "200us");
    }
    out.limit = *ns;
    return {};
  }
  const auto number = whole_number<std::uint64_t>(text);
  if (!number) {
    return unreadable(whole, text, "a count is compared with a whole number, without a unit");
  }
  out.limit = *number;
  return {};
}

}  // namespace

std::vector<std::string> stages_like(const std::string& pattern) {
  if (!is_glob(pattern)) {
    return {pattern};
  }
  std::vector<std::string> found;
  for (std::size_t i = 0; i < kStageKinds; ++i) {
    if (const auto name = name_of(static_cast<StageKind>(i)); matches_glob(pattern, name)) {
      found.emplace_back(name);
    }
  }
  return found;
}

Result<Verdict> parse_verdict(std::string_view text, Stages stages) {
  Verdict verdict;
  const std::size_t at = std::min(text.find_first_of("<>=!"), text.size());
  const std::string_view quantity = trim(text.substr(0, at));
  WAKEPATH_CHECK(parse_quantity(text, quantity, stages, verdict));
  const std::string_view rest = text.substr(at);
  const auto* const found = std::ranges::find_if(
      kOperators, [rest](const auto& one) { return rest.starts_with(one.first); });
  if (found == kOperators.end()) {
    return unreadable(text, rest, kOperatorsAllowed);
  }
  verdict.op = found->second;
  const std::string_view limit = trim(rest.substr(found->first.size()));
  WAKEPATH_CHECK(parse_limit(text, limit, verdict));
  verdict.quantity_text = std::string(quantity);
  verdict.limit_text = std::string(limit);
  return verdict;
}

bool holds(std::uint64_t value, Operator op, std::uint64_t limit) {
  switch (op) {
    case Operator::gt:
      return value > limit;
    case Operator::ge:
      return value >= limit;
    case Operator::lt:
      return value < limit;
    case Operator::le:
      return value <= limit;
    case Operator::eq:
      return value == limit;
    case Operator::ne:
      return value != limit;
  }
  return false;
}

std::string_view text_of(Operator op) {
  for (const auto& [sign, known] : kOperators) {
    if (known == op) {
      return sign;
    }
  }
  return "?";
}

}  // namespace wakepath::analysis
