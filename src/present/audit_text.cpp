// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>
#include <string>
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

// Rules that have the same reason stand together.
void append_not_checked(const AuditReport& report, fmt::memory_buffer& out) {
  std::map<std::string, std::vector<std::string>> rules;
  for (const NotChecked& one : report.not_checked) {
    rules[one.why].push_back(one.rule);
  }
  std::size_t left = report.not_checked.size();
  std::size_t lines = 0;
  for (const auto& [why, names] : rules) {
    constexpr std::size_t kFew = 6;
    constexpr std::size_t kMostLines = 3;
    if (++lines > kMostLines) {
      break;
    }
    left -= names.size();
    fmt::format_to(fmt::appender(out), "Not checked, because {}: {}\n", escape_terminal(why),
                   names.size() <= kFew ? fmt::format("{}", fmt::join(names, ", "))
                                        : fmt::format("{} rules", names.size()));
  }
  if (left != 0) {
    fmt::format_to(fmt::appender(out), "Not checked for other reasons: {} (ndjson has them)\n",
                   count_text(left, "rule"));
  }
}

}  // namespace

void audit_summary(const AuditReport& report, fmt::memory_buffer& out) {
  fmt::format_to(fmt::appender(out), "{} {} checked.\n", totals_text(report),
                 count_text(report.checked.size(), "rule"));
  append_not_checked(report, out);
  if (report.verdict && report.verdict->result == audit::AuditVerdict::Result::not_judged) {
    fmt::format_to(fmt::appender(out), "Not judged, so --fail-at {} does not pass: {}.\n",
                   name_of(report.verdict->fail_at), escape_terminal(report.verdict->reason));
  }
}

void audit_scope(const AuditReport& report, fmt::memory_buffer& out) {
  fmt::format_to(fmt::appender(out), "Isolated CPUs: {}vCPUs' own: {}. {}.\n",
                 list_or_none(report.isolated, report.cpus_counted), own_cpus(report),
                 observed_text(report));
}

void audit_text(const AuditReport& report, std::size_t most, fmt::memory_buffer& out) {
  if (report.look) {
    fmt::format_to(fmt::appender(out), "{}Look {}, {} after the begin\n",
                   report.look->number == 1 ? "" : "\n", report.look->number,
                   format_duration(report.look->since_ns));
  }
  audit_scope(report, out);
  const std::size_t shown =
      most == 0 ? report.findings.size() : std::min(most, report.findings.size());
  std::size_t width = 0;
  for (std::size_t i = 0; i < shown; ++i) {
    width = std::max(width, report.findings[i].rule.size());
  }
  for (std::size_t i = 0; i < shown; ++i) {
    append_finding(report.findings[i], width, out);
  }
  if (shown < report.findings.size()) {
    fmt::format_to(fmt::appender(out), "… and {} (--all shows them)\n",
                   count_text(report.findings.size() - shown, "more finding"));
  }
  audit_summary(report, out);
}

}  // namespace wakepath::present
