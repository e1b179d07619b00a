// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/audit_watch.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "findings/finding_list.hpp"
#include "present/finding_text.hpp"
#include "present/view.hpp"
#include "screen/brief.hpp"

namespace wakepath::screen {

namespace {

// Many things come once in some seconds: their going is no news.
constexpr std::uint64_t kQuietNs = 10'000'000'000;

// Of what ran; others are of the settings, which are read once.
bool is_of_activity(const Finding& finding) { return finding.rule.starts_with("ran_"); }

const FigureValue* figure_of(const Finding& finding, std::string_view name) {
  const auto found = std::ranges::find(finding.evidence, name, &Figure::first);
  return found == finding.evidence.end() ? nullptr : &found->second;
}

std::uint64_t number_of(const Finding* finding, std::string_view name) {
  const FigureValue* const value = finding == nullptr ? nullptr : figure_of(*finding, name);
  const auto* const number = value == nullptr ? nullptr : std::get_if<std::uint64_t>(value);
  return number == nullptr ? 0 : *number;
}

std::string text_of(const Finding& finding, std::string_view name) {
  const FigureValue* const value = figure_of(finding, name);
  const auto* const text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr || text->empty() ? "?" : *text;
}

// The same for each look: without figures.
std::string id_of(const Finding& finding) {
  if (!is_of_activity(finding)) {
    return fmt::format("{}|{}", finding.rule, finding.text);
  }
  return fmt::format("{}|{}|{}|{}|{}", finding.rule, finding.subject.cpus, finding.subject.irq,
                     finding.subject.tid.value_or(0), text_of(finding, "name"));
}

std::string what_of(const Finding& finding) {
  const std::string& rule = finding.rule;
  const std::string name = text_of(finding, "name");
  return rule == "ran_irq"       ? fmt::format("irq {} {}", finding.subject.irq, name)
         : rule == "ran_task"    ? fmt::format("{} (tid {})", name, finding.subject.tid.value_or(0))
         : rule == "ran_work"    ? fmt::format("work {} by {}", name, text_of(finding, "worker"))
         : rule == "ran_softirq" ? "softirq " + name
         : rule == "ran_timer"   ? "timer " + name
         : rule == "ran_tick"    ? std::string("the tick")
                                 : finding.text;
}

// For the order: what is of no one CPU stands last.
double first_cpu_of(const Finding& finding) {
  std::uint32_t cpu = 0;
  const std::string& cpus = finding.subject.cpus;
  const auto [end, error] = std::from_chars(cpus.data(), cpus.data() + cpus.size(), cpu);
  return error == std::errc{} ? cpu : std::numeric_limits<double>::max();
}

std::string counted(const std::vector<Finding>& findings, std::uint64_t& wrong) {
  std::string text;
  wrong = 0;
  for (const Severity severity : {Severity::error, Severity::warning}) {
    const auto many =
        static_cast<std::uint64_t>(std::ranges::count(findings, severity, &Finding::severity));
    if (many != 0) {
      text += (text.empty() ? "" : ", ") + present::count_text(many, name_of(severity));
      wrong += many;
    }
  }
  return text.empty() ? "nothing wrong" : text;
}

Style style_of(Severity severity, bool there) {
  return !there                          ? Style::dim
         : severity == Severity::error   ? Style::bad
         : severity == Severity::warning ? Style::warning
                                         : Style::plain;
}

std::string cpus_text(const std::optional<CpuSet>& cpus) {
  constexpr std::size_t kWidth = 16;
  return !cpus ? "not known" : cpus->empty() ? "none" : present::shorten(cpus->text(), kWidth);
}

std::vector<std::string> detail_of(const Finding& all, const Finding* now, std::uint64_t seen_ns) {
  std::vector<std::string> lines{fmt::format("{}  {}", all.rule, name_of(all.severity))};
  if (is_of_activity(all)) {
    lines.push_back(now != nullptr ? "now  " + now->text
                                   : fmt::format("now  nothing since +{}", clock_text(seen_ns)));
    lines.push_back("all  " + all.text);
  } else {
    lines.push_back(all.text);
    lines.emplace_back("it stood so when this began: settings are read once");
  }
  for (const Fix& fix : (now != nullptr ? *now : all).fixes) {
    lines.push_back("try  " + present::fix_phrase(fix));
  }
  return lines;
}

std::string name_of_finding(const Finding& finding) {
  return is_of_activity(finding) ? fmt::format("CPU {}: {}", finding.subject.cpus, what_of(finding))
                                 : finding.text;
}

}  // namespace

std::vector<std::string> AuditWatch::help() {
  return {"/s and busy: how often it ran, and how much of the CPU it had, since the look before.",
          "count and wakes: how often it ran, and how many wakes it delayed, since the begin.",
          "What is dim did not run since the look before. The settings are read once."};
}

void AuditWatch::note(std::uint64_t since_ns, const std::string& text) {
  constexpr std::size_t kMost = 256;
  changes_.push_front(fmt::format("+{}  {}", clock_text(since_ns), text));
  if (changes_.size() > kMost) {
    changes_.pop_back();
  }
}

void AuditWatch::compare(const std::string& id, const Finding& all, const Finding* now,
                         std::uint64_t since_ns) {
  const auto [found, is_new] = known_.try_emplace(id);
  Known& known = found->second;
  if (is_new) {
    known.name = name_of_finding(all);
    known.severity = all.severity;
    known.seen_ns = since_ns;
    if (!first_) {
      note(since_ns, fmt::format("{}: {}", name_of(all.severity), known.name));
    }
    return;
  }
  if (all.severity > known.severity) {
    known.severity = all.severity;
    note(since_ns, fmt::format("now {}: {}", name_of(all.severity), known.name));
  }
  if (now != nullptr) {
    known.seen_ns = since_ns;
    if (std::exchange(known.quiet, false)) {
      note(since_ns, "again: " + known.name);
    }
  } else if (!known.quiet && since_ns - known.seen_ns >= kQuietNs) {
    known.quiet = true;
    note(since_ns, fmt::format("quiet since +{}: {}", clock_text(known.seen_ns), known.name));
  }
}

WatchLook AuditWatch::look(const audit::AuditReport& lately, const audit::AuditReport& so_far,
                           std::uint64_t since_ns) {
  WatchLook look;
  look.columns = {{"severity", 9, false, 0, 0}, {"CPU", 5, true, 3, 0},   {"/s", 6, true, 1, 0},
                  {"busy", 6, true, {}, 0},     {"count", 6, true, 2, 0}, {"wakes", 6, true, {}, 0},
                  {"what", 0, false, {}, 0}};
  look.orders = {"severity", "rate", "count", "CPU"};
  std::map<std::string, const Finding*> now;
  for (const Finding& finding : lately.findings) {
    now.emplace(id_of(finding), &finding);
  }
  const std::uint64_t ns = lately.observed ? lately.observed->duration_ns : 0;
  for (const Finding& all : so_far.findings) {
    const std::string id = id_of(all);
    const auto found = now.find(id);
    const Finding* const lately_so = found == now.end() ? nullptr : found->second;
    compare(id, all, lately_so, since_ns);
    const bool ran = is_of_activity(all);
    const double rate = ns == 0 ? 0
                                : static_cast<double>(number_of(lately_so, "count")) * 1e9 /
                                      static_cast<double>(ns);
    const auto severity =
        static_cast<double>(lately_so != nullptr ? lately_so->severity : all.severity);
    const std::uint64_t count = number_of(&all, "count");
    const std::uint64_t delayed = number_of(&all, "delayed_wakes");
    constexpr double kThere = 10;
    look.rows.push_back(
        {id,
         {std::string(name_of(lately_so != nullptr ? lately_so->severity : all.severity)),
          ran ? all.subject.cpus : "-", !ran || lately_so == nullptr ? "" : brief_rate(rate),
          !ran || lately_so == nullptr ? "" : brief_share(number_of(lately_so, "ns"), ns),
          ran ? brief_count(count) : "", delayed == 0 ? "" : brief_count(delayed), what_of(all)},
         {severity + (lately_so != nullptr ? kThere : 0), ran ? rate : -1,
          static_cast<double>(count), -first_cpu_of(all)},
         style_of(lately_so != nullptr ? lately_so->severity : all.severity, lately_so != nullptr),
         detail_of(all, lately_so, known_.at(id).seen_ns)});
  }
  first_ = false;
  const audit::ObservedTotals totals = so_far.observed.value_or(audit::ObservedTotals{});
  look.head = fmt::format("isolated {}  vCPUs {}  {}{}  {}", cpus_text(so_far.isolated),
                          cpus_text(so_far.vcpu_cpus),
                          brief_count(totals.wakes) + (totals.wakes == 1 ? " wake" : " wakes"),
                          totals.lost + totals.missed == 0
                              ? ""
                              : fmt::format(", {} lost", brief_count(totals.lost + totals.missed)),
                          clock_text(since_ns));
  std::uint64_t wrong_now = 0;
  std::uint64_t wrong = 0;
  const std::string text_now = counted(lately.findings, wrong_now);
  look.verdict =
      fmt::format("now {}; since the begin {}", text_now, counted(so_far.findings, wrong));
  look.verdict_style = findings::any_as_grave(lately.findings, Severity::error)     ? Style::bad
                       : findings::any_as_grave(lately.findings, Severity::warning) ? Style::warning
                                                                                    : Style::good;
  if (!so_far.nothing_kept.empty() && so_far.findings.empty() && lately.findings.empty()) {
    look.verdict = "nothing to judge: " + so_far.nothing_kept;
    look.verdict_style = Style::warning;
  }
  look.changes = changes_;
  return look;
}

}  // namespace wakepath::screen
