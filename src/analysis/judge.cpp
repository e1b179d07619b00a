// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/judge.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "util/count_text.hpp"
#include "util/cpu_set.hpp"
#include "util/duration.hpp"

namespace wakepath::analysis {

namespace {

using Quantity = Verdict::Quantity;
using Outcome = VerdictResult::Outcome;

std::uint64_t value_of(const Verdict& verdict, const Summary& summary, const Histogram* latency) {
  switch (verdict.quantity) {
    case Quantity::quantile:
      return latency->quantile(verdict.q);
    case Quantity::min:
      return latency->min();
    case Quantity::max:
      return latency->max();
    case Quantity::count:
      return latency->count();
    case Quantity::wakes:
      return summary.wakes;
    case Quantity::complete:
      return summary.complete;
    case Quantity::incomplete:
      return summary.wakes - summary.complete;
    case Quantity::deliveries:
      return summary.deliveries;
    case Quantity::lost:
      return summary.lost;
    case Quantity::missed:
      return summary.missed;
    case Quantity::late:
      return summary.late;
  }
  return 0;
}

std::string not_known_text(const Verdict& verdict, const Latencies& latencies) {
  const auto instead = [&](std::string_view other) {
    return verdict.stage == "total" && latencies.find(other)->count() != 0;
  };
  return fmt::format(
      "no wake in which it is known{}",
      instead("total_to_sched_in") ? "; guest entry was not seen: ask for total_to_sched_in"
      : instead("total_from_irq")  ? "; when timers were due is not known: ask for total_from_irq"
                                   : "");
}

// Each event tells of losses. Wakes alone tell the rest.
bool is_observed(const Verdict& verdict, const Summary& summary) {
  switch (verdict.quantity) {
    case Quantity::lost:
    case Quantity::missed:
    case Quantity::late:
      return summary.events + summary.lost != 0;
    case Quantity::deliveries:
      return summary.wakes + summary.deliveries != 0;
    default:
      return summary.wakes != 0;
  }
}

// Why it can't be judged; empty: it can.
std::string obstacle(const Verdict& verdict, const Summary& summary, const Latencies& latencies,
                     const Histogram* latency, bool holds) {
  if (summary.partial != Partial::no) {
    return fmt::format("the input was {}, and its rest is not known", name_of(summary.partial));
  }
  if (verdict.is_latency()) {
    if (latency->count() == 0) {
      return not_known_text(verdict, latencies);
    }
    const std::uint64_t needed =
        verdict.quantity == Quantity::quantile ? needed_for_quantile(verdict.q) : 1;
    if (latency->count() < needed) {
      return fmt::format("{} needs {}, and there are {}: max({}) = {}", verdict.quantity_text,
                         count_text(needed, "wake"), latency->count(), verdict.stage,
                         format_duration(latency->max()));
    }
    return "";
  }
  if (holds || is_observed(verdict, summary)) {
    return "";
  }
  return summary.events + summary.lost == 0 ? "no events" : "no wakes";
}

// Of too few wakes for the quantile: why it is over the limit whatever the wakes that lack had
// taken. Empty: it may be within it.
std::string over_in_any_case(const Verdict& verdict, const Summary& summary,
                             const Histogram* latency) {
  const bool asks_for_more =
      verdict.op == Verdict::Operator::gt || verdict.op == Verdict::Operator::ge;
  if (verdict.quantity != Quantity::quantile || !asks_for_more || latency->count() == 0 ||
      summary.partial != Partial::no) {
    return "";
  }
  const std::uint64_t needed = needed_for_quantile(verdict.q);
  const std::uint64_t lack = needed - std::min(needed, latency->count());
  // Those that lack would be the shortest at best. 0.99 * 100 may be a little more than 99.
  const auto rank =
      static_cast<std::uint64_t>(std::ceil(verdict.q * static_cast<double>(needed) * (1 - 1e-12)));
  if (lack == 0 || rank <= lack) {
    return "";
  }
  const std::uint64_t least =
      latency->quantile(static_cast<double>(rank - lack) / static_cast<double>(latency->count()));
  if (!holds(least, verdict.op, verdict.limit)) {
    return "";
  }
  return fmt::format(
      "{} needs {}, and there are {}: with {} more, however short, it would be {} {}; "
      "max({}) = {}",
      verdict.quantity_text, count_text(needed, "wake"), latency->count(), lack,
      text_of(verdict.op), verdict.limit_text, verdict.stage, format_duration(latency->max()));
}

}  // namespace

VerdictResult judge(const Verdict& verdict, const std::string& expression, const Summary& summary,
                    const Latencies& latencies) {
  const Histogram* latency = verdict.stage.empty() ? nullptr : latencies.find(verdict.stage);
  const std::uint64_t value = value_of(verdict, summary, latency);
  const bool is_true = holds(value, verdict.op, verdict.limit);
  VerdictResult result;
  result.expression = expression;
  if (latency != nullptr) {
    result.count = latency->count();
  }
  if (const std::string why = obstacle(verdict, summary, latencies, latency, is_true);
      !why.empty()) {
    const std::string over = over_in_any_case(verdict, summary, latency);
    result.outcome = over.empty() ? Outcome::not_judged : Outcome::failed;
    result.reason = over.empty() ? why : over;
    result.text = fmt::format("{}: {}", expression, result.reason);
    return result;
  }
  result.outcome = is_true ? Outcome::failed : Outcome::passed;
  result.value = value;
  result.text =
      fmt::format("{} = {}{} {} {}", verdict.quantity_text,
                  verdict.is_latency() ? format_duration(value) : fmt::format("{}", value),
                  is_true ? "" : ", not", text_of(verdict.op), verdict.limit_text);
  if (latency != nullptr) {
    result.text += fmt::format("{} over {}", is_true ? "" : ",", count_text(*result.count, "wake"));
    if (summary.incomplete.lossy != 0) {
      result.reason = fmt::format("{} that a loss touches not counted",
                                  count_text(summary.incomplete.lossy, "wake"));
      result.text += fmt::format(" ({})", result.reason);
    }
  }
  return result;
}

std::string text_of(const Selection& selection) {
  std::string text;
  const auto add = [&text](std::string_view option, std::string_view value) {
    text += fmt::format("{}{} {}", text.empty() ? "" : " ", option, value);
  };
  for (const std::string& vm : selection.vms) {
    add("--vm", vm);
  }
  for (const std::uint32_t vcpu : selection.vcpus) {
    add("--vcpu", fmt::format("{}", vcpu));
  }
  for (const std::uint32_t tid : selection.tids) {
    add("--tid", fmt::format("{}", tid));
  }
  if (!selection.cpus.empty()) {
    CpuSet cpus;
    for (const std::uint32_t cpu : selection.cpus) {
      cpus.add(cpu);
    }
    add("--cpu", cpus.text());
  }
  if (selection.min_latency_ns != 0) {
    add("--min-latency", format_duration(selection.min_latency_ns));
  }
  if (selection.wake != 0) {
    add("--wake", fmt::format("{}", selection.wake));
  }
  if (selection.breach) {
    text += text.empty() ? "--breach" : " --breach";
  }
  if (selection.since) {
    add("--since", selection.since->text);
  }
  if (selection.until) {
    add("--until", selection.until->text);
  }
  if (selection.during) {
    text += fmt::format("{}{}", text.empty() ? "" : " ", selection.during->text);
  }
  return text;
}

}  // namespace wakepath::analysis
