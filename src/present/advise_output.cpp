// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/advise_output.hpp"

#include <algorithm>
#include <string>

#include "analysis/histogram.hpp"
#include "findings/advice.hpp"
#include "findings/culprit.hpp"
#include "present/bars.hpp"
#include "present/finding_ndjson.hpp"
#include "present/finding_text.hpp"
#include "present/ndjson_parts.hpp"
#include "present/print.hpp"
#include "present/text_table.hpp"
#include "present/view.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

using analysis::AdviceReport;
using analysis::PollAdvice;
using analysis::PollRow;

double part_met(const PollRow& row) {
  return row.sleeps == 0 ? 0 : static_cast<double>(row.met) * 100 / static_cast<double>(row.sleeps);
}

// Of one CPU for each vCPU.
double part_burnt(const PollRow& row, const PollAdvice& of, std::uint64_t duration_ns) {
  const double all = static_cast<double>(duration_ns) * static_cast<double>(of.vcpus);
  return all == 0 ? 0 : static_cast<double>(row.burnt_ns) * 100 / all;
}

void append_polls(const PollAdvice& of, const AdviceReport& report, fmt::memory_buffer& out) {
  const bool advised = report.halt_poll_ns == std::uint64_t{0};
  print(out, "\nHALT POLLING for {}{} ({})\n",
        of.vm == "?" ? std::string("an unknown VM") : escape_terminal(of.vm),
        vm_suffix(of.vm_pid, std::nullopt), count_text(of.vcpus, "vCPU"));
  if (of.rows.empty()) {
    print(out, "  not known: of none of its {} is it known when it fell asleep\n",
          count_text(of.unknown, "wake"));
    return;
  }
  using enum TextTable::Align;
  TextTable table({{"  halt_poll_ns", right},
                   {"MEETS", right},
                   {"P50", right, 6},
                   {"P99", right, 6},
                   {"P99.9", right, 6},
                   {"CPU A VCPU", right},
                   {""}});
  for (std::size_t i = 0; i < of.rows.size(); ++i) {
    const PollRow& row = of.rows[i];
    const auto quantile = [&row](double q, std::uint64_t ns) {
      return row.total.count >= analysis::needed_for_quantile(q) ? format_duration(ns)
                                                                 : std::string("*");
    };
    table.row({fmt::format("{}", row.ceiling_ns), fmt::format("{:.1f}%", part_met(row)),
               quantile(0.5, row.total.p50_ns), quantile(0.99, row.total.p99_ns),
               quantile(0.999, row.total.p999_ns),
               fmt::format("{:.1f}%", part_burnt(row, of, report.duration_ns)),
               advised && i != 0 && of.knee == i ? "<- knee" : ""});
  }
  table.render(out);
  const std::uint64_t knee = of.rows[of.knee.value_or(0)].ceiling_ns;
  if (!advised) {
    print(out, "  no advice: only a recording made with halt_poll_ns 0 carries one (below)\n");
  } else if (knee == 0) {
    print(out, "  leave it at 0: polling would meet too little for what it burns\n");
  } else {
    Effect effect;
    effect.p50_change = of.rows[*of.knee].change.p50;
    effect.p99_change = of.rows[*of.knee].change.p99;
    if (const std::string sure = findings::sure_text(effect); !sure.empty()) {
      print(out, "  with {}, against none{}\n", knee, sure);
    }
    append_fixes({findings::halt_polling(knee, report.halt_poll_ns)}, 2, out);
  }
}

std::string poll_answer(const AdviceReport& report) {
  if (std::ranges::all_of(report.polls, [](const PollAdvice& one) { return one.rows.empty(); })) {
    return "Halt polling can't be judged: it is not known when the vCPUs fell asleep.";
  }
  if (report.halt_poll_ns != std::uint64_t{0}) {
    return fmt::format(
        "No advice on halt polling: {}.",
        report.halt_poll_ns
            ? fmt::format("it was recorded with halt_poll_ns {}, not 0", *report.halt_poll_ns)
            : std::string("it is not known with which it was recorded"));
  }
  // All VMs of a host have one limit.
  const PollRow* most = nullptr;
  std::size_t vms = 0;
  for (const PollAdvice& one : report.polls) {
    if (one.knee.value_or(0) != 0) {
      const PollRow& knee = one.rows[*one.knee];
      most = most == nullptr || knee.ceiling_ns > most->ceiling_ns ? &knee : most;
      ++vms;
    }
  }
  if (most == nullptr) {
    return "Leave halt_poll_ns at 0.";
  }
  return fmt::format("halt_poll_ns {} pays{}.", most->ceiling_ns,
                     report.polls.size() == 1
                         ? std::string()
                         : fmt::format(" for {} of {} VMs", vms, report.polls.size()));
}

// What all of it comes to.
std::string answer(const AdviceReport& report) {
  if (report.findings.empty()) {
    return poll_answer(report) + " Nothing else took so much that it is worth a change.";
  }
  std::string first = report.findings.front().text;
  first.resize(std::min(first.size(), first.find_first_of("(;", first.find('%'))));
  first.resize(first.find_last_not_of(' ') + 1);
  return fmt::format(
      "{}{}. {}",
      report.findings.size() == 1
          ? std::string("Worth a change: ")
          : fmt::format("{} changes are worth a look, first: ", report.findings.size()),
      escape_terminal(first), poll_answer(report));
}

}  // namespace

void advise_text(const AdviceReport& report, const TextOptions& options, fmt::memory_buffer& to) {
  fmt::memory_buffer out;
  print(out, "{}\n", answer(report));
  for (const PollAdvice& one : report.polls) {
    append_polls(one, report, out);
  }
  print(out, "\nIDLE STATES AND PLACEMENT\n");
  std::size_t number = 0;
  for (const Finding& finding : report.findings) {
    const std::string line = fmt::format("{} {}\n", ++number, escape_terminal(finding.text));
    print(out, "{}", wrapped(line, options.width, 2));
    append_fixes(finding.fixes, 2, out);
  }
  if (report.findings.empty()) {
    print(out, "  nothing took so much of the wakes that it is worth a change\n");
  }
  print(out, "\n");
  for (const std::string& caveat : report.caveats) {
    print(out, "{}\n", caveat);
  }
  to.append(wrapped({out.data(), out.size()}, options.width));
}

void advise_ndjson(const AdviceReport& report, fmt::memory_buffer& out) {
  for (const PollAdvice& of : report.polls) {
    for (std::size_t i = 0; i < of.rows.size(); ++i) {
      const PollRow& row = of.rows[i];
      ndjson_line(out, "halt_poll", [&](JsonWriter& json) {
        vm_field(json, of.vm);
        json.field("vm_pid", of.vm_pid);
        json.field("halt_poll_ns", row.ceiling_ns);
        json.field("sleeps", row.sleeps);
        json.field("met", row.met);
        json.field("unknown", of.unknown);
        json.field("burnt_ns", row.burnt_ns);
        json.field("duration_ns", report.duration_ns);
        json.field("vcpus", of.vcpus);
        json.field("knee", of.knee == i);
        json.key("total");
        latency_ndjson(json, row.total);
        write_change(json, "p50_change_ns", row.change.p50);
        write_change(json, "p99_change_ns", row.change.p99);
      });
    }
  }
  for (const Finding& finding : report.findings) {
    finding_json(finding, out);
  }
}

}  // namespace wakepath::present
