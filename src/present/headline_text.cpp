// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/headline_text.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "findings/culprit.hpp"
#include "findings/habit_findings.hpp"
#include "present/latency_table.hpp"
#include "present/print.hpp"
#include "present/view.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

using Outcome = VerdictResult::Outcome;

std::uint64_t incomplete(const Summary& summary) {
  return summary.wakes - std::min(summary.wakes, summary.complete);
}

// Empty for all wakes.
std::string where_text(const LatencyRow& row) {
  return row.vm == "*"
             ? ""
             : fmt::format(" ({}{}{}{})", row.vm == "?" ? "unknown VM" : escape_terminal(row.vm),
                           vm_suffix(row.vm_pid, std::nullopt),
                           row.vcpu ? fmt::format(" vCPU {}", *row.vcpu) : "",
                           row.tid ? fmt::format(", thread {}", *row.tid) : "");
}

// The overall rows stand first and win a tie; a single path that is worse is named.
std::string latency_clause(const Summary& summary) {
  const LatencyRow* p99 = nullptr;
  const LatencyRow* longest = nullptr;
  for (const LatencyRow& row : summary.latency) {
    if (!is_total(row.stage) || row.count == 0) {
      continue;
    }
    if (longest == nullptr || row.max_ns > longest->max_ns) {
      longest = &row;
    }
    if (carries_p99(row) && (p99 == nullptr || row.p99_ns > p99->p99_ns)) {
      p99 = &row;
    }
  }
  if (longest == nullptr) {
    return "";
  }
  const std::string max = "max " + format_duration(longest->max_ns);
  if (p99 == nullptr) {
    return "; " + max + where_text(*longest);
  }
  const std::string worst = "; worst p99 " + format_duration(p99->p99_ns);
  return p99->max_ns == longest->max_ns ? worst + ", " + max + where_text(*p99)
                                        : worst + where_text(*p99) + ", " + max;
}

std::string count_of(const Summary& summary, Outcome outcome) {
  const auto count = std::ranges::count(summary.verdicts, outcome, &VerdictResult::outcome);
  return count == 0 ? "" : count_text(static_cast<std::uint64_t>(count), "verdict");
}

std::string partial_text(const Summary& summary) {
  if (summary.partial == Partial::truncated) {
    return "the input ends in the middle";
  }
  if (!summary.part) {
    return fmt::format("{} before its end", name_of(summary.partial));
  }
  const std::string of =
      summary.part->of_bytes ? " of " + size_text(*summary.part->of_bytes) : std::string();
  return fmt::format("{} after {}{}", name_of(summary.partial), size_text(summary.part->read_bytes),
                     of);
}

// What is against it of what was asked for.
std::vector<std::string> judgements(const Summary& summary) {
  std::vector<std::string> found;
  if (const std::string failed = count_of(summary, Outcome::failed); !failed.empty()) {
    found.push_back(failed + " failed");
  }
  if (const std::string open = count_of(summary, Outcome::not_judged); !open.empty()) {
    found.push_back(open + " not judged");
  }
  if (summary.target && summary.target->over != 0) {
    found.push_back(fmt::format("{} of {} over the target of {}", summary.target->over,
                                count_text(summary.target->of, "wake"),
                                format_duration(summary.target->target_ns)));
  }
  return found;
}

// Is it known that latencies are as they should be?
bool latency_is_judged(const Summary& summary) {
  return std::ranges::any_of(summary.verdicts,
                             [](const VerdictResult& one) { return one.count.has_value(); });
}

// What has to be known before all else.
std::vector<std::string> troubles(const Summary& summary, const RunView& run,
                                  const TextOptions& options) {
  std::vector<std::string> found;
  if (summary.partial != Partial::no) {
    found.push_back(partial_text(summary));
  }
  const std::vector<std::string> judged = judgements(summary);
  if (!options.page) {
    found.insert(found.end(), judged.begin(), judged.end());
  }
  if (const auto culprits = findings::culprits(summary.blame); !culprits.empty()) {
    // The page has the rest of it below.
    const std::string& text = culprits.front().text;
    found.push_back(
        escape_terminal(options.page ? text.substr(0, text.find(" (without it")) : text));
  } else if (const auto moved = findings::vcpu_habits(summary.habits); !moved.empty()) {
    const std::string& text = moved.front().text;
    found.push_back(escape_terminal(text.substr(0, text.find(" ("))));
  }
  const std::uint64_t unreadable = std::min(summary.damaged, summary.lost);
  const std::uint64_t lost = summary.lost - unreadable;
  if (lost != 0 || summary.missed != 0 || summary.late != 0) {
    found.push_back(summary.lost_exact
                        ? fmt::format("{} lost, {} missed, {} late", count_text(lost, "event"),
                                      summary.missed, summary.late)
                        : "events lost, not known how many");
  } else if (unreadable == 0 && (run.lossy || summary.incomplete.lossy != 0)) {
    found.emplace_back("events lost, not known how many");
  }
  if (unreadable != 0) {
    found.push_back(count_text(unreadable, "event") + " not readable");
  }
  if (summary.unreadable != 0) {
    found.push_back(count_text(summary.unreadable, "record") + " not readable");
  }
  if (summary.duplicates != 0) {
    found.push_back(count_text(summary.duplicates, "event") + " there twice");
  }
  // The page has them above, and says them once more only where nothing else is wrong.
  if (options.page && found.empty() && !judged.empty()) {
    found.push_back(judged.back());
  }
  return found;
}

// Where guest entry can't be seen, the wakes that are incomplete in another way too.
std::string reasons_text(const Summary& summary, const RunView& run, bool untimed) {
  std::string why;
  const auto add = [&why](std::uint64_t count, std::string_view what) {
    if (count != 0) {
      why += fmt::format("{}{} {}", why.empty() ? "" : ", ", count, what);
    }
  };
  if (run.entry_unseen()) {
    add(summary.incomplete.lossy, "that a loss may have touched");
    add(summary.incomplete.no_root, "of unknown cause");
  }
  add(summary.incomplete.cut, "cut by the capture's ends");
  add(summary.incomplete.no_expiry, "of which it is not known when their timer was due");
  add(untimed ? 0 : summary.incomplete.untimed, "without times");
  return why;
}

// "all complete"; "3 incomplete (2 cut by the capture's ends)".
std::string state_text(const Summary& summary, const RunView& run, bool untimed,
                       std::uint64_t wanting) {
  std::string why = reasons_text(summary, run, untimed);
  if (run.entry_unseen() && summary.complete + summary.incomplete.no_entry == 0) {
    return why;
  }
  if (run.entry_unseen()) {
    return "all traced up to sched_in" + (why.empty() ? "" : " but for " + why);
  }
  if (untimed) {
    if (wanting != 0) {
      why += fmt::format("{}{} incomplete", why.empty() ? "" : ", ", wanting);
    }
    return "in their order" + (why.empty() ? "" : " but for " + why);
  }
  if (incomplete(summary) == 0) {
    return "all complete";
  }
  return fmt::format("{} incomplete{}", incomplete(summary),
                     why.empty() ? "" : fmt::format(" ({})", why));
}

// Of a run without trouble.
std::string_view lead(const Summary& summary, const RunView& run, bool untimed) {
  const std::uint64_t expected = run.entry_unseen() ? summary.incomplete.no_entry : 0;
  if (incomplete(summary) > expected || !summary.quiet.empty() || untimed ||
      !latency_is_judged(summary)) {
    return "Nothing lost:";
  }
  return run.entry_unseen() ? "Well as far as this host shows:" : "All well:";
}

}  // namespace

void append_headline(const Summary& summary, const RunView& run, const TextOptions& options,
                     fmt::memory_buffer& out) {
  const bool untimed = run.header.trace && run.header.trace->untimed;
  const std::string in =
      (summary.filter.empty() ? "" : fmt::format(" ({})", escape_terminal(summary.filter))) +
      " in " + (untimed ? "a trace without times" : format_duration(summary.duration_ns));
  const std::vector<std::string> trouble = troubles(summary, run, options);
  const std::string look_out =
      trouble.empty() ? "Look out: " : fmt::format("Look out: {}; ", fmt::join(trouble, "; "));
  if (summary.wakes == 0) {
    print(out, "{}{}.\n", trouble.empty() ? "No wakes" : look_out + "no wakes", in);
    if (summary.quiet.empty()) {
      print(out, "  {}\n", no_wakes_text(summary, run));
    }
    return;
  }
  const auto& why = summary.incomplete;
  const std::uint64_t harmless =
      why.cut + why.no_expiry + why.untimed + (run.entry_unseen() ? why.no_entry : 0);
  const std::uint64_t wanting = incomplete(summary) - std::min(incomplete(summary), harmless);
  const std::string wakes = count_text(summary.wakes, "wake");
  const std::string unseen = run.entry_unseen() ? "; guest entry can't be seen here" : "";
  const std::string rest =
      unseen + latency_clause(summary) +
      (summary.quiet.empty()
           ? ""
           : fmt::format("; {} not woken from a sleep", count_text(summary.quiet.size(), "vCPU")));
  const bool loss_known = !trouble.empty() && (summary.lost + summary.missed + summary.late != 0 ||
                                               run.lossy || why.lossy != 0);
  if (wanting * 100 > summary.wakes || (loss_known && incomplete(summary) != 0)) {
    const std::uint64_t traced = run.entry_unseen() ? summary.complete + why.no_entry : 0;
    if (traced != 0) {
      const std::string others = reasons_text(summary, run, untimed);
      print(out, "{}{} of {}{} traced up to sched_in{}{}{}.\n", look_out, traced, wakes, in,
            others.empty() ? "" : "; ", others, rest);
      return;
    }
    print(out, "{}{} of {}{} incomplete{}.\n", look_out, incomplete(summary), wakes, in, rest);
    return;
  }
  const std::string state = state_text(summary, run, untimed, wanting);
  if (!trouble.empty()) {
    print(out, "{}{}{}, {}{}{}.\n", look_out, wakes, in, state, loss_known ? "" : ", nothing lost",
          rest);
    return;
  }
  const std::string_view first = lead(summary, run, untimed);
  print(out, "{} {}{}, {}{}{}.\n", first, wakes, in, state,
        first == "Nothing lost:" ? "" : ", nothing lost", rest);
}

}  // namespace wakepath::present
