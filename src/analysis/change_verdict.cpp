// SPDX-License-Identifier: GPL-2.0-or-later
// Verdicts on changes: 'p99(total) > +10%'.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "analysis/comparison.hpp"
#include "util/closest.hpp"
#include "util/duration.hpp"

namespace wakepath::analysis {

namespace {

std::string without_blanks(std::string_view text) {
  std::string out(text);
  std::erase(out, ' ');
  return out;
}

tl::unexpected<Error> no_such_change(std::string_view text, const std::string& why) {
  return fail(ErrorKind::usage, fmt::format("'{}': {}", text, why),
              "write it like 'p99(total) > +10%' or 'p50(wake_delay) > +20us'");
}

}  // namespace

Result<ChangeVerdict> parse_change_verdict(std::string_view text) {
  const std::string all = without_blanks(text);
  ChangeVerdict out;
  const std::size_t open = all.find('(');
  const std::size_t close = all.find(')');
  if (open == std::string::npos || close == std::string::npos || close < open) {
    return no_such_change(text, "it begins with p50, p90, p99 or over, and a stage in brackets");
  }
  out.quantity = all.substr(0, open);
  out.stage = all.substr(open + 1, close - open - 1);
  if (out.quantity != "p50" && out.quantity != "p90" && out.quantity != "p99" &&
      out.quantity != "over") {
    return no_such_change(text, "a change is judged of p50, p90, p99 or over");
  }
  std::vector<std::string> stages{"total", "total_to_sched_in", "total_from_irq"};
  for (std::size_t i = 0; i < kStageKinds; ++i) {
    stages.emplace_back(name_of(static_cast<StageKind>(i)));
  }
  if (std::ranges::find(stages, out.stage) == stages.end()) {
    return no_such_change(text, fmt::format("a stage is one of {}{}", fmt::join(stages, ", "),
                                            did_you_mean(out.stage, stages)));
  }
  std::string_view rest = std::string_view(all).substr(close + 1);
  if (!rest.starts_with('>')) {
    return no_such_change(text, "what grows by more than a limit fails: the operator is > or >=");
  }
  out.at_least = rest.starts_with(">=");
  rest.remove_prefix(out.at_least ? 2 : 1);
  if (!rest.starts_with('+')) {
    return no_such_change(text, "the limit of a change begins with +");
  }
  rest.remove_prefix(1);
  out.relative = rest.ends_with('%');
  if (out.relative) {
    rest.remove_suffix(1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), out.limit);
    if (error != std::errc{} || end != rest.data() + rest.size() || !(out.limit >= 0)) {
      return no_such_change(text, "the limit is a number and %, or a time");
    }
    out.limit /= 100;
    return out;
  }
  const auto ns = parse_duration(rest);
  if (!ns || out.quantity == "over") {
    return no_such_change(text, "the limit is a number and %, or a time");
  }
  out.limit = static_cast<double>(*ns);
  return out;
}

Result<void> judge_changes(const std::vector<std::string>& expressions, Comparison& comparison) {
  for (const std::string& expression : expressions) {
    WAKEPATH_TRY(const ChangeVerdict verdict, parse_change_verdict(expression));
    VerdictResult& result = comparison.verdicts.emplace_back();
    result.expression = expression;
    const auto row = std::ranges::find_if(comparison.rows, [&](const ChangeRow& one) {
      return one.vm == "*" && one.path == "*" && one.stage == verdict.stage &&
             one.quantity == verdict.quantity;
    });
    if (row == comparison.rows.end() || row->change == Change::unsure) {
      result.outcome = VerdictResult::Outcome::not_judged;
      result.reason = row == comparison.rows.end()
                          ? "not both have it"
                          : "too few wakes, or too short a time, to tell a change from chance";
      result.text = fmt::format("{}: {}", expression, result.reason);
      continue;
    }
    const Difference& difference = row->difference;
    const double change = difference.after - difference.before;
    const double limit = verdict.relative ? verdict.limit * difference.before : verdict.limit;
    const bool grows = verdict.at_least ? change >= limit : change > limit;
    // What chance explains is no change.
    const bool fails = grows && row->change == Change::worse;
    result.outcome = fails ? VerdictResult::Outcome::failed : VerdictResult::Outcome::passed;
    result.count = std::min(row->count_before, row->count_after);
    const auto text = [&](double value) {
      return verdict.quantity == "over" ? fmt::format("{:.3g}%", value * 100)
                                        : format_duration(static_cast<std::uint64_t>(value));
    };
    if (verdict.quantity != "over") {
      result.value = static_cast<std::uint64_t>(difference.after);
    }
    const double part = difference.before == 0 ? 0 : change / difference.before * 100;
    result.text =
        fmt::format("{}: {} -> {}, {:+.1f}%{}", expression, text(difference.before),
                    text(difference.after), part, grows && !fails ? ", which chance explains" : "");
  }
  return {};
}

}  // namespace wakepath::analysis
