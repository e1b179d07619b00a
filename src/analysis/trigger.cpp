// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/trigger.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include <fnmatch.h>

#include "reconstruct/labels.hpp"
#include "util/closest.hpp"
#include "util/duration.hpp"

namespace wakepath::analysis {

namespace {

using Operator = Verdict::Operator;

constexpr std::array kSubStages{reconstruct::kIpiFlight,     reconstruct::kIdleExit,
                                reconstruct::kRunQueueDelay, reconstruct::kWorkerWaking,
                                reconstruct::kWorkerStart,   reconstruct::kVcpuLoad,
                                reconstruct::kBlockExit,     reconstruct::kGuestEntry};

std::string_view stripped(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<std::string> quantity_names() {
  std::vector<std::string> names{"total"};
  for (std::size_t i = 0; i < kTotalKinds; ++i) {
    if (const auto name = name_of(static_cast<TotalKind>(i)); name != names.front()) {
      names.emplace_back(name);
    }
  }
  for (std::size_t i = 0; i < kStageKinds; ++i) {
    names.emplace_back(name_of(static_cast<StageKind>(i)));
  }
  names.insert(names.end(), kSubStages.begin(), kSubStages.end());
  return names;
}

tl::unexpected<Error> cannot_read(std::string_view whole, std::string_view part,
                                  const std::string& allowed) {
  return fail(ErrorKind::usage, fmt::format("'{}': can't read '{}': {}", whole, part, allowed),
              "write it like 'total > 200us', 'wake_delay > 1ms and vm == web*', "
              "'blame(task(hog)) > 1ms', 'lost > 0' or 'signal'");
}

struct Compared {
  std::string_view left, right;
  Operator op{};
};

// The operator behind whatever stands in brackets or quotes.
std::optional<Compared> compared(std::string_view text) {
  const std::size_t close = text.starts_with("blame(") ? text.rfind(')') : std::string_view::npos;
  const std::size_t from = close == std::string_view::npos ? 0 : close;
  const std::size_t at = text.find_first_of("<>=!", from);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  for (const Operator op :
       {Operator::ge, Operator::le, Operator::eq, Operator::ne, Operator::gt, Operator::lt}) {
    if (const std::string_view sign = text_of(op); text.substr(at).starts_with(sign)) {
      return Compared{stripped(text.substr(0, at)), stripped(text.substr(at + sign.size())), op};
    }
  }
  return std::nullopt;
}

// Parts between "and" or "&&" that stand outside of quotes.
std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    quoted = quoted != (text[at] == '"');
    for (const std::string_view word : {std::string_view(" and "), std::string_view("&&")}) {
      if (!quoted && text.substr(at).starts_with(word)) {
        parts.push_back(text.substr(begin, at - begin));
        begin = at + word.size();
      }
    }
  }
  parts.push_back(text.substr(begin));
  return parts;
}

double ratio(std::uint64_t value, std::uint64_t limit) {
  return static_cast<double>(value) / static_cast<double>(std::max<std::uint64_t>(limit, 1));
}

}  // namespace

Result<Trigger> Trigger::parse(std::string_view text) {
  Trigger trigger;
  trigger.text_ = std::string(stripped(text));
  const std::string_view whole = trigger.text_;
  if (whole == "signal") {
    trigger.kind_ = Kind::signal;
    return trigger;
  }
  if (const auto loss = compared(whole); loss && loss->left == "lost") {
    const std::string_view number = loss->right;
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), trigger.lost_limit_);
    if (error != std::errc{} || end != number.data() + number.size()) {
      return cannot_read(whole, number, "a count is compared with a whole number, without a unit");
    }
    trigger.kind_ = Kind::lost;
    trigger.lost_op_ = loss->op;
    return trigger;
  }
  for (const std::string_view part : parts_of(whole)) {
    WAKEPATH_TRY(Term term, parse_term(whole, stripped(part)));
    trigger.terms_.push_back(std::move(term));
  }
  const auto names = [](const Term& term) {
    return term.what == Term::What::vm || term.what == Term::What::path;
  };
  if (std::ranges::all_of(trigger.terms_, names)) {
    return cannot_read(whole, whole, "every wake of it would be kept: a latency must stand in it");
  }
  return trigger;
}

Result<Trigger::Term> Trigger::parse_term(std::string_view whole, std::string_view text) {
  const auto sides = compared(text);
  if (!sides) {
    return cannot_read(whole, text, "an operator is >, >=, <, <=, == or !=");
  }
  if (sides->left == "vm" || sides->left == "path") {
    Term term;
    term.what = sides->left == "vm" ? Term::What::vm : Term::What::path;
    std::string_view name = sides->right;
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
      name = name.substr(1, name.size() - 2);
    }
    term.name = std::string(name);
    term.op = sides->op;
    if (term.name.empty() || (term.op != Operator::eq && term.op != Operator::ne)) {
      return cannot_read(whole, text, "a name is compared by == or !=: vm == web*");
    }
    return term;
  }
  WAKEPATH_TRY(Term term, parse_quantity(whole, sides->left));
  term.op = sides->op;
  const auto limit = parse_duration(sides->right);
  if (!limit) {
    return cannot_read(whole, sides->right,
                       "a latency is compared with a number and its unit, ns, us, ms, s, m or h");
  }
  term.limit_ns = *limit;
  return term;
}

Result<Trigger::Term> Trigger::parse_quantity(std::string_view whole, std::string_view text) {
  Term term;
  term.name = std::string(text);
  if (text == "total") {
    return term;
  }
  if (text.starts_with("blame(") && text.ends_with(')')) {
    WAKEPATH_TRY(term.culprit, parse_culprit_class(text.substr(6, text.size() - 7)));
    term.what = Term::What::blame;
    return term;
  }
  for (std::size_t i = 0; i < kTotalKinds; ++i) {
    if (name_of(static_cast<TotalKind>(i)) == text) {
      term.what = Term::What::total_of_kind;
      term.total = static_cast<TotalKind>(i);
      return term;
    }
  }
  for (std::size_t i = 0; i < kStageKinds; ++i) {
    if (name_of(static_cast<StageKind>(i)) == text) {
      term.what = Term::What::stage;
      term.stage = static_cast<StageKind>(i);
      return term;
    }
  }
  if (std::ranges::find(kSubStages, text) != kSubStages.end()) {
    term.what = Term::What::sub_stage;
    return term;
  }
  const std::vector<std::string> names = quantity_names();
  return cannot_read(whole, text,
                     fmt::format("what is compared is vm, path, blame(CULPRIT) or one of {}{}",
                                 fmt::join(names, ", "), did_you_mean(text, names)));
}

std::optional<std::uint64_t> Trigger::value_of(const Term& term, const WakeChain& chain) {
  using What = Term::What;
  const auto kind = total_kind(chain);
  if (!kind) {
    return std::nullopt;
  }
  if (term.what == What::total || term.what == What::total_of_kind) {
    return term.what == What::total || term.total == kind ? std::optional(chain.total_ns())
                                                          : std::nullopt;
  }
  std::optional<std::uint64_t> sum;
  const auto add = [&sum](std::uint64_t ns) { sum = sum.value_or(0) + ns; };
  for (const Stage& stage : chain.stages) {
    if (term.what == What::stage && stage.kind == *term.stage) {
      add(stage.end_ns - stage.begin_ns);
    }
    for (const SubStage& sub : stage.sub) {
      if (term.what == What::sub_stage && sub.name == term.name) {
        add(sub.end_ns - sub.begin_ns);
      }
    }
    for (const Blame& blame : stage.blame) {
      if (term.what == What::blame && is_in(*term.culprit, stage.kind, blame.kind, &blame)) {
        add(blame.ns);
      }
    }
  }
  return sum;
}

bool Trigger::fits(const Term& term, const WakeChain& chain) {
  const std::string& name = term.what == Term::What::vm ? chain.who.vm : chain.path;
  const bool same = term.name == name || ::fnmatch(term.name.c_str(), name.c_str(), 0) == 0;
  return same == (term.op == Operator::eq);
}

bool Trigger::fits_names(const WakeChain& chain) const {
  return std::ranges::all_of(
      terms_, [&chain](const Term& term) { return !term.is_of_names() || fits(term, chain); });
}

std::optional<Trigger::Met> Trigger::met_by(const WakeChain& chain) const {
  return fits_names(chain) ? measured(chain) : std::nullopt;
}

std::optional<Trigger::Met> Trigger::measured(const WakeChain& chain) const {
  if (kind_ != Kind::wake) {
    return std::nullopt;
  }
  Met met;
  for (const Term& term : terms_) {
    if (term.is_of_names()) {
      continue;
    }
    const auto value = value_of(term, chain);
    if (!value || !holds(*value, term.op, term.limit_ns)) {
      return std::nullopt;
    }
    if (const double times = ratio(*value, term.limit_ns);
        met.measured.empty() || times > met.times_limit) {
      met.times_limit = times;
      met.measured = fmt::format("{} {}", term.name, format_duration(*value));
    }
  }
  return met;
}

std::optional<Trigger::Met> Trigger::met_by_loss(std::uint64_t lost) const {
  if (kind_ != Kind::lost || lost == 0 || !holds(lost, lost_op_, lost_limit_)) {
    return std::nullopt;
  }
  return Met{ratio(lost, lost_limit_), fmt::format("lost {}", lost)};
}

}  // namespace wakepath::analysis
