// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "present/audit_output.hpp"
#include "present/finding_text.hpp"
#include "present/view.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::present {
namespace {

using audit::AuditReport;

constexpr std::size_t kCpuListWidth = 40;

// A list may go up to the last CPU, which nobody named: "4-N".
std::string open_list(const std::string& list) {
  const std::size_t first = list.find_last_of(',') + 1;
  const bool plain = list.ends_with("-N");
  const std::string from = list.substr(first, list.find('-', first) - first);
  const std::string text =
      list == "0-N"         ? "all CPUs"
      : plain && first == 0 ? "CPU " + from + " and all above"
      : plain               ? fmt::format("CPUs {} and {} and all above",
                                          shorten(list.substr(0, first - 1), kCpuListWidth), from)
              : fmt::format("CPUs {}, where N is the last one", shorten(list, kCpuListWidth));
  return text + "; how many there are is not known. ";
}

std::string list_or_none(const std::optional<CpuSet>& cpus, bool counted) {
  if (!cpus) {
    return "not known; ";
  }
  const std::string list = counted ? cpus->text() : kernel_list(*cpus);
  return list.find('N') != std::string::npos ? open_list(list)
         : list.empty()                      ? "none; "
                                             : shorten(list, kCpuListWidth) + "; ";
}

std::string own_cpus(const AuditReport& report) {
  std::string text = list_or_none(report.vcpu_cpus, true);
  return text.substr(0, text.size() - 2);
}

std::string observed_text(const AuditReport& report) {
  if (!report.observed) {
    return "Nothing was observed: " + escape_terminal(report.not_observed);
  }
  const audit::ObservedTotals& seen = *report.observed;
  std::string text = fmt::format("Observed for {}: {}", format_duration(seen.duration_ns),
                                 count_text(seen.wakes, "wake"));
  if (seen.lost != 0 || seen.missed != 0) {
    text += fmt::format("; {} lost, {} missed: what is counted is the least that there was",
                        count_text(seen.lost, "event"), count_text(seen.missed, "run"));
  }
  return text + (seen.cut ? "; too many different things ran to tell all" : "");
}

std::string totals_text(const AuditReport& report) {
  std::string text;
  for (const Severity severity : {Severity::error, Severity::warning}) {
    const auto many = static_cast<std::uint64_t>(
        std::ranges::count(report.findings, severity, &Finding::severity));
    if (many != 0) {
      text += (text.empty() ? "" : ", ") + count_text(many, name_of(severity));
    }
  }
  const auto infos = static_cast<std::uint64_t>(
      std::ranges::count(report.findings, Severity::info, &Finding::severity));
  return (text.empty() ? "Nothing found" : text) +
         (infos == 0 ? "" : fmt::format(", {} for information", infos)) + ".";
}

// The answer: how much was found, and whether that is a verdict. `remedy`: what to do where nothing
// can be.
std::string answer_text(const AuditReport& report, std::string_view remedy) {
  const bool open =
      report.verdict && report.verdict->result == audit::AuditVerdict::Result::not_judged;
  const std::string no_pass =
      open ? fmt::format(", so --fail-at {} does not pass", name_of(report.verdict->fail_at)) : "";
  if (!report.nothing_kept.empty() && report.findings.empty()) {
    return fmt::format("Nothing to judge{}: {}.{}\n", no_pass, report.nothing_kept, remedy);
  }
  return fmt::format(
      "{} {} checked.\n{}", totals_text(report), count_text(report.checked.size(), "rule"),
      open ? fmt::format("Not judged{}: {}.\n", no_pass, escape_terminal(report.verdict->reason))
           : "");
}

// Rules that have the same reason stand together.
void append_not_checked(const AuditReport& report, bool all, fmt::memory_buffer& out) {
  constexpr std::size_t kFew = 6;
  constexpr std::size_t kMostLines = 3;
  std::map<std::string, std::vector<std::string>> rules;
  for (const NotChecked& one : report.not_checked) {
    rules[one.why].push_back(one.rule);
  }
  std::size_t left = report.not_checked.size();
  std::size_t lines = 0;
  for (const auto& [why, names] : rules) {
    if (++lines > kMostLines && !all) {
      break;
    }
    left -= names.size();
    fmt::format_to(fmt::appender(out), "Not checked, because {}: {}\n", escape_terminal(why),
                   all || names.size() <= kFew ? fmt::format("{}", fmt::join(names, ", "))
                                               : fmt::format("{} rules", names.size()));
  }
  if (left != 0) {
    fmt::format_to(fmt::appender(out), "Not checked for other reasons: {} (--all names them)\n",
                   count_text(left, "rule"));
  }
}

void append_fitted(const fmt::memory_buffer& text, std::size_t width, std::size_t indent,
                   fmt::memory_buffer& out) {
  const std::string lines = fitted({text.data(), text.size()}, width, indent);
  out.append(lines);
}

}  // namespace

void audit_summary(const AuditReport& report, fmt::memory_buffer& out) {
  const std::string answer = answer_text(report, "");
  out.append(answer);
  append_not_checked(report, true, out);
}

void audit_scope(const AuditReport& report, fmt::memory_buffer& out) {
  fmt::format_to(fmt::appender(out), "Isolated CPUs: {}vCPUs' own: {}. {}.\n",
                 list_or_none(report.isolated, report.cpus_counted), own_cpus(report),
                 observed_text(report));
}

void audit_text(const AuditReport& report, std::size_t most, std::size_t width,
                fmt::memory_buffer& out) {
  constexpr std::size_t kIndent = 2;
  fmt::memory_buffer head;
  if (report.look) {
    fmt::format_to(fmt::appender(head), "{}Look {}, {} after the begin\n",
                   report.look->number == 1 ? "" : "\n", report.look->number,
                   format_duration(report.look->since_ns));
  }
  const std::string answer = answer_text(report, " --isolated LIST says which CPUs to watch.");
  head.append(answer);
  audit_scope(report, head);
  append_fitted(head, width, kIndent, out);
  const std::size_t shown =
      most == 0 ? report.findings.size() : std::min(most, report.findings.size());
  std::size_t rule_width = 0;
  for (std::size_t i = 0; i < shown; ++i) {
    rule_width = std::max(rule_width, report.findings[i].rule.size());
  }
  fmt::memory_buffer found;
  for (std::size_t i = 0; i < shown; ++i) {
    append_finding(report.findings[i], rule_width, found);
  }
  append_fitted(found, width, text_column(rule_width), out);
  if (shown < report.findings.size()) {
    fmt::format_to(fmt::appender(out), "… and {} (--all shows them)\n",
                   count_text(report.findings.size() - shown, "more finding"));
  }
  fmt::memory_buffer rest;
  append_not_checked(report, most == 0, rest);
  append_fitted(rest, width, kIndent, out);
}

}  // namespace wakepath::present
