// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/verdict.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "util/duration.hpp"
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

tl::unexpected<Error> unreadable(std::string_view whole, std::string_view part) {
  return fail(
      ErrorKind::usage, fmt::format("'{}': can't read '{}'", whole, part),
      "write it like 'p99(total) > 200us', 'max(wake_delay) >= 1ms', 'count(total) < 100' or "
      "'lost > 0'");
}

bool is_stage(std::string_view name) {
  if (name == "total" || name == "total_to_sched_in" || name == "total_from_irq") {
    return true;
  }
  for (std::size_t i = 0; i < kStageKinds; ++i) {
    if (name == name_of(static_cast<StageKind>(i))) {
      return true;
    }
  }
  return false;
}

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

bool parse_quantity(std::string_view text, Verdict& out) {
  for (const auto& [name, quantity] : kCounters) {
    if (text == name) {
      out.quantity = quantity;
      return true;
    }
  }
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || !text.ends_with(')')) {
    return false;
  }
  out.stage = std::string(trim(text.substr(open + 1, text.size() - open - 2)));
  return is_stage(out.stage) && parse_function(trim(text.substr(0, open)), out);
}

}  // namespace

Result<Verdict> parse_verdict(std::string_view text) {
  Verdict verdict;
  const std::size_t at = text.find_first_of("<>=!");
  if (at == std::string_view::npos) {
    return unreadable(text, text);
  }
  const std::string_view quantity = trim(text.substr(0, at));
  if (!parse_quantity(quantity, verdict)) {
    return unreadable(text, quantity);
  }
  std::string_view rest = text.substr(at);
  bool known = false;
  for (const auto& [sign, op] : kOperators) {
    if (rest.starts_with(sign)) {
      verdict.op = op;
      rest.remove_prefix(sign.size());
      known = true;
      break;
    }
  }
  const std::string_view limit = trim(rest);
  if (!known) {
    return unreadable(text, rest);
  }
  if (verdict.is_latency()) {
    const auto ns = parse_duration(limit);
    if (!ns) {
      return unreadable(text, limit);
    }
    verdict.limit = *ns;
  } else {
    const auto number = whole_number<std::uint64_t>(limit);
    if (!number) {
      return unreadable(text, limit);
    }
    verdict.limit = *number;
  }
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
