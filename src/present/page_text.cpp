// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/page_text.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "findings/culprit.hpp"
#include "findings/finding_list.hpp"
#include "findings/habit_findings.hpp"
#include "findings/quiet_vcpu.hpp"
#include "present/bars.hpp"
#include "present/blame_text.hpp"
#include "present/finding_text.hpp"
#include "present/headline_text.hpp"
#include "present/latency_table.hpp"
#include "present/print.hpp"
#include "present/view.hpp"
#include "present/what_if_text.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

using Outcome = VerdictResult::Outcome;

constexpr std::size_t kMostFindings = 5;

std::string heading(std::string_view text, const TextOptions& options) {
  return painted(text, Paint::bold, options.color);
}

std::string outcome_text(Outcome outcome, const TextOptions& options) {
  switch (outcome) {
    case Outcome::passed:
      return painted("PASS", Paint::green, options.color);
    case Outcome::failed:
      return painted("FAIL", Paint::red, options.color);
    case Outcome::not_judged:
      break;
  }
  return painted("NOT JUDGED", Paint::yellow, options.color);
}

// The first of the verdicts is that of the target.
std::string target_text(const Summary& summary, const TextOptions& options) {
  const TargetResult& target = *summary.target;
  const VerdictResult& verdict = summary.verdicts.front();
  const std::string over =
      target.of == 0
          ? std::string("no wake has a total")
          : fmt::format("{} of {} ({:.3g}%) {} over it", target.over, count_text(target.of, "wake"),
                        static_cast<double>(target.over) * 100 / static_cast<double>(target.of),
                        target.over == 1 ? "is" : "are");
  const std::string kind =
      target.total == "total" ? "" : fmt::format(" of the {}", stage_label(target.total));
  const std::string limit = format_duration(target.target_ns);
  return verdict.value
             ? fmt::format("{}  p99{} {} against a target of {}: {}\n",
                           outcome_text(verdict.outcome, options), kind,
                           format_duration(*verdict.value), limit, over)
             : fmt::format("{}  a target of {}{}: {}; {}\n", outcome_text(verdict.outcome, options),
                           limit, kind, over, escape_terminal(verdict.reason));
}

void append_findings(const Summary& summary, const RunView& run, const TextOptions& options,
                     fmt::memory_buffer& out) {
  const std::vector<Finding> all = page_findings(summary, run);
  if (all.empty()) {
    return;
  }
  print(out, "\n{}\n", heading("WHAT IS WRONG", options));
  const std::size_t shown = options.verbose ? all.size() : std::min(all.size(), kMostFindings);
  constexpr std::size_t kIndent = 11;
  for (std::size_t i = 0; i < shown; ++i) {
    const Finding& finding = all[i];
    const bool error = finding.severity == Severity::error;
    const std::string severity =
        painted(error ? "ERROR" : "WARNING", error ? Paint::red : Paint::yellow, options.color);
    const std::string line = fmt::format("{} {}{} {}\n", i + 1, severity, error ? "  " : "",
                                         escape_terminal(finding.text));
    print(out, "{}", wrapped(line, options.width, kIndent - 1));
    fmt::memory_buffer fixes;
    append_fixes(finding.fixes, kIndent - 1, fixes);
    out.append(fixes);
  }
  if (all.size() > shown) {
    print(out, "… and {} (--verbose)\n", count_text(all.size() - shown, "more finding"));
  }
}

void append_end(const Summary& summary, const RunView& run, const TextOptions& options,
                fmt::memory_buffer& out) {
  print(out, "\n{}\n", heading("THE CAPTURE", options));
  append_counts(summary, run, out);
  const auto missing = static_cast<std::size_t>(std::ranges::count_if(
      run.header.events, [](const EventState& event) { return !event.enabled; }));
  // Where there are no wakes, that may be why.
  if (options.verbose || summary.wakes == 0) {
    append_missing(run.header, out);
  } else if (missing != 0) {
    print(out, "  without     {} (--verbose says which, and why)\n", count_text(missing, "event"));
  }
  if (options.verbose && !run.header.command.empty()) {
    print(out, "  command     {}\n", escape_terminal(run.header.command));
  }
}

}  // namespace

std::vector<Finding> page_findings(const Summary& summary, const RunView& run) {
  std::vector<Finding> all = findings::culprits(summary.blame);
  for (Finding& finding : findings::vcpu_habits(summary.habits)) {
    all.push_back(std::move(finding));
  }
  for (const QuietVcpu& vcpu : summary.quiet) {
    all.push_back(findings::quiet_vcpu(vcpu, run.header.arch));
  }
  // What is only worth knowing stands in the list of vCPUs without wakes.
  std::erase_if(all, [](const Finding& one) { return one.severity == Severity::info; });
  findings::sort_by_severity(all);
  return all;
}

// A long budget that is kept would push all else off the screen.
void append_judged(const Summary& summary, const TextOptions& options, fmt::memory_buffer& out) {
  constexpr std::ptrdiff_t kMostKept = 3;
  const auto is_kept = [](const VerdictResult& one) { return one.line != 0 && one.passed(); };
  const auto kept = std::ranges::count_if(summary.verdicts, is_kept);
  const bool folds = kept > kMostKept && !options.verbose;
  for (std::size_t i = 0; i < summary.verdicts.size(); ++i) {
    if (i == 0 && summary.target) {
      print(out, "{}", target_text(summary, options));
    } else if (!folds || !is_kept(summary.verdicts[i])) {
      print(out, "{}  {}\n", outcome_text(summary.verdicts[i].outcome, options),
            escape_terminal(summary.verdicts[i].text));
    }
  }
  if (folds) {
    print(out, "{}  {} of the budget (--verbose names them)\n",
          outcome_text(Outcome::passed, options),
          count_text(static_cast<std::uint64_t>(kept), "line"));
  }
}

void append_page_header(const Header& header, const TextOptions& options, fmt::memory_buffer& out) {
  const std::string line =
      fmt::format("{}: {}{}\n",
                  header.trace ? "imported from " + escape_terminal(header.trace->form)
                               : "wakepath " + escape_terminal(header.wakepath),
                  host_text(header),
                  header.realtime_offset_ns && header.begin_ns
                      ? ", " + utc_text(*header.begin_ns + *header.realtime_offset_ns)
                      : "");
  print(out, "{}", wrapped(line, options.width));
}

void append_page(const Summary& summary, const RunView& run, const TextOptions& options,
                 fmt::memory_buffer& to) {
  fmt::memory_buffer out;
  append_judged(summary, options, out);
  append_headline(summary, run, options, out);
  append_findings(summary, run, options, out);
  append_what_if(summary, out);
  append_ranking(summary, options, out);
  append_stages(summary, options, out);
  append_blame(summary.blame, options.top, out, options.width);
  append_course(summary, options, out);
  append_slowest(summary, run, options, out);
  to.append(wrapped({out.data(), out.size()}, options.width));
  out.clear();
  append_next_commands(summary, options, to);
  append_quiet_vcpus(summary, run, options, out);
  append_end(summary, run, options, out);
  to.append(wrapped({out.data(), out.size()}, options.width));
  if (!options.verbose) {
    return;
  }
  // These take what width they need.
  append_path_table(summary, options.top, to);
  append_interrupts(summary, options, to);
  if (!summary.programs.empty()) {
    append_programs(summary, run.header, to);
  }
}

}  // namespace wakepath::present
