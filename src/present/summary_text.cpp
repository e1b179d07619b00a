// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/summary_text.hpp"

#include <algorithm>
#include <utility>

#include "findings/quiet_vcpu.hpp"
#include "present/blame_text.hpp"
#include "present/finding_text.hpp"
#include "present/headline_text.hpp"
#include "present/interrupt_text.hpp"
#include "present/latency_table.hpp"
#include "present/page_cells.hpp"
#include "present/print.hpp"
#include "present/quiet_text.hpp"
#include "present/text_table.hpp"
#include "present/view.hpp"
#include "present/what_if_text.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"
#include "util/trace_tool.hpp"

namespace wakepath::present {

void append_verdicts(const Summary& summary, fmt::memory_buffer& out) {
  for (const VerdictResult& verdict : summary.verdicts) {
    const bool judged = verdict.outcome != VerdictResult::Outcome::not_judged;
    print(out, "  verdict     {}: {}\n", judged ? name_of(verdict.outcome) : "not judged",
          escape_terminal(verdict.text));
  }
}

void append_counts(const Summary& summary, const RunView& run, fmt::memory_buffer& out) {
  const std::string_view form = run.foreign_form();
  const std::uint64_t incomplete = summary.wakes - std::min(summary.wakes, summary.complete);
  print(out, "  events      {}", summary.events);
  if (summary.skipped != 0) {
    print(out, " (and {} left out by the event set, on purpose)", summary.skipped);
  }
  print(out, "\n  wakes       {}: {} complete", summary.wakes, summary.complete);
  if (incomplete != 0) {
    const auto& why = summary.incomplete;
    print(out, ", {} incomplete (lossy {}, no_root {}, no_entry {}, cut {}", incomplete, why.lossy,
          why.no_root, why.no_entry, why.cut);
    if (why.no_expiry != 0) {
      print(out, ", no_expiry {}", why.no_expiry);
    }
    if (why.untimed != 0) {
      print(out, ", untimed {}", why.untimed);
    }
    print(out, ")");
  }
  print(out, "\n");
  if (summary.deliveries != 0) {
    print(
        out,
        "  deliveries  {} (the vCPU was awake, or off its CPU, when its timer was due: no wake)\n",
        summary.deliveries);
  }
  if (summary.guest_reports != 0) {
    print(out, "  guest       says that it woke {}\n", count_text(summary.guest_reports, "time"));
  }
  const std::string now = summary.ring_bytes == 0
                              ? ""
                              : fmt::format(" (now {} per CPU)", size_text(summary.ring_bytes));
  if (summary.damaged != 0) {
    print(out, "  damaged     {} of the recording can't be read\n",
          count_text(summary.damaged, "event"));
  }
  if (summary.lost > summary.damaged) {
    const std::string lost = lost_text(summary.lost - summary.damaged, summary.lost_exact);
    if (summary.partial == Partial::interrupted) {
      print(out, "  lost        {}, those included that were left when it was interrupted\n", lost);
    } else if (form.empty()) {
      print(out, "  lost        {}: raise --ring-size{}, or ask for less with --events\n", lost,
            now);
    } else {
      print(out, "  lost        {}; if its buffers were too small: {}\n", lost,
            larger_buffers(form));
    }
  }
  if (summary.missed != 0) {
    print(out,
          "  missed      a program did not run {}, the wakes around are flagged missed_program: "
          "ask for less "
          "with --events\n",
          count_text(summary.missed, "time"));
  }
  if (summary.late != 0) {
    print(out, "  late        {} too late to be put in order{}\n",
          count_text(summary.late, "event"),
          form.empty() ? ": give the reader CPU time, or shorten --poll" : "");
  }
  if (summary.cost) {
    print(out, "  own cost    {}\n", cost_text(*summary.cost));
  }
  if (run.entry_unseen()) {
    print(out, "  entry       can't be observed here, so totals run to sched_in: {}\n",
          run.entry_reason());
  }
}

void append_programs(const Summary& summary, const Header& header, fmt::memory_buffer& out) {
  using enum TextTable::Align;
  TextTable table({{"PROGRAM"},
                   {"RUNS", right},
                   {"TIME", right},
                   {"PER RUN", right},
                   {"OF ALL CPUS", right},
                   {"MISSED", right}});
  const double available =
      static_cast<double>(summary.duration_ns) * static_cast<double>(header.cpus);
  ProgramCost all{"all", 0, 0, 0};
  const auto add = [&](const ProgramCost& program) {
    const std::string each =
        program.runs == 0 ? "-" : format_duration(program.run_time_ns / program.runs);
    const std::string share =
        available > 0
            ? fmt::format("{:.3f}%", static_cast<double>(program.run_time_ns) * 100 / available)
            : "-";
    table.row({escape_terminal(program.name), fmt::format("{}", program.runs),
               format_duration(program.run_time_ns), each, share,
               fmt::format("{}", program.misses)});
  };
  for (const ProgramCost& program : summary.programs) {
    add(program);
    all.runs += program.runs;
    all.run_time_ns += program.run_time_ns;
    all.misses += program.misses;
  }
  add(all);
  print(out, "\n");
  table.render(out);
}

void append_interrupts(const Summary& summary, const TextOptions& options,
                       fmt::memory_buffer& out) {
  constexpr std::size_t kFew = 5;
  if (summary.interrupts.empty()) {
    return;
  }
  using enum TextTable::Align;
  TextTable table(
      {{"INTERRUPT"}, {"CAUSED", right}, {"DELAYED", right}, {"TOOK", right}, {"WAKES OF"}});
  const std::size_t all = summary.interrupts.size();
  const std::size_t shown = options.top == 0 ? all : std::min({all, kFew, options.top});
  for (std::size_t i = 0; i < shown; ++i) {
    const InterruptLoad& load = summary.interrupts[i];
    table.row({interrupt_text(*load.interrupt), fmt::format("{}", load.wakes),
               fmt::format("{}", load.delayed),
               load.delayed == 0 ? "-" : format_duration(load.stole_ns), vms_cell(load)});
  }
  print(out, "\n");
  table.render(out);
  if (all > shown) {
    print(out, "… and {} that took less (--top 0 shows all)\n",
          count_text(all - shown, "more interrupt"));
  }
}

void append_quiet_vcpus(const Summary& summary, const RunView& run, const TextOptions& options,
                        fmt::memory_buffer& out) {
  if (summary.quiet.empty()) {
    return;
  }
  print(out, "\n{} not woken from a sleep:\n", count_text(summary.quiet.size(), "vCPU"));
  append_quiet(summary.quiet, options.top, out);
  using enum QuietVcpu::Why;
  for (const auto why : {never_blocks, always_polls}) {
    if (std::ranges::count(summary.quiet, why, &QuietVcpu::why) != 0) {
      print(out, "  Where one {}: {}.\n", why == never_blocks ? "never blocks" : "never sleeps",
            fix_phrase(findings::quiet_fixes(why, run.header.arch).front()));
    }
  }
}

void RunView::see(const WakeChain& chain) {
  (chain.ends_at == EndsAt::kvm_entry ? to_entry : to_sched_in) += 1;
}

void RunView::see(const Summary& summary) {
  for (const LatencyRow& row : summary.latency) {
    to_entry += is_total(row.stage) && row.stage != "total_to_sched_in" ? row.count : 0;
  }
}

std::string RunView::entry_reason() const {
  if (to_entry != 0) {
    return "";
  }
  for (const EventState& event : header.events) {
    if (event.event == "kvm_entry" && !event.enabled) {
      return "kvm_entry: " +
             (event.reason.empty() ? "not captured" : escape_terminal(event.reason));
    }
  }
  return "kvm_entry has not fired for any vCPU so far";
}

std::string_view RunView::foreign_form() const {
  return header.trace ? std::string_view(header.trace->form) : std::string_view{};
}

bool RunView::captures(std::string_view event) const {
  return std::ranges::any_of(header.events, [event](const EventState& state) {
    return state.event == event && state.enabled;
  });
}

std::string RunView::offset(std::uint64_t ns) const {
  return seconds(static_cast<std::int64_t>(ns - header.begin_ns.value_or(0)));
}

std::string no_wakes_text(const Summary& summary, const RunView& run) {
  if (summary.seen != 0) {
    const bool by_time = summary.filter.find("--since ") != std::string::npos ||
                         summary.filter.find("--until ") != std::string::npos;
    return fmt::format(
        "None of {} passes {}{}.", count_text(summary.seen, "wake"),
        summary.filter.empty() ? "the selection" : escape_terminal(summary.filter),
        by_time ? ": the capture ends at " + format_duration(summary.duration_ns) : "");
  }
  if (summary.vcpus_seen == 0) {
    return run.foreign_form().empty()
               ? "No VM was seen."
               : "No vCPU was seen: no VM ran, or its events are not in the trace.";
  }
  return fmt::format(
      "{} seen, and none was woken from a sleep: busy, halt polling, or WFI not "
      "trapped.",
      count_text(summary.vcpus_seen, "vCPU"));
}

std::string no_wakes_so_far_text(const TextOptions& options, const RunView& run) {
  std::string text =
      run.foreign_form().empty()
          ? "Either no VM runs, or its vCPUs never block (busy, halt polling, or WFI not trapped)."
          : "Either no VM ran, or its vCPUs never blocked (busy, halt polling, or WFI not "
            "trapped), "
            "or their events are not in the trace.";
  if (options.filtered) {
    text += " Or the filters leave none.";
  }
  return text;
}

std::string host_text(const Header& header) {
  std::string text =
      "Linux " + (header.kernel.empty() ? "of unknown version" : escape_terminal(header.kernel));
  if (!header.arch.empty()) {
    text += " " + escape_terminal(header.arch);
  }
  return header.cpus == 0 ? text : text + ", " + count_text(header.cpus, "CPU");
}

void append_captured_by(const Header& header, fmt::memory_buffer& out) {
  const std::string captured_by = header.trace
                                      ? "imported from " + escape_terminal(header.trace->form)
                                      : "wakepath " + escape_terminal(header.wakepath);
  print(out, "{}: {}\n", captured_by, host_text(header));
}

void append_header(const Header& header, fmt::memory_buffer& out) {
  append_captured_by(header, out);
  append_missing(header, out);
}

void append_missing(const Header& header, fmt::memory_buffer& out) {
  // Each reason has a line, in the order of the first event that it is given for.
  std::vector<std::pair<std::string_view, std::string>> missing;
  for (const EventState& event : header.events) {
    if (event.enabled) {
      continue;
    }
    const std::string_view reason =
        event.reason.empty() ? std::string_view("not captured") : event.reason;
    auto found =
        std::ranges::find(missing, reason, &std::pair<std::string_view, std::string>::first);
    if (found == missing.end()) {
      found = missing.insert(found, {reason, {}});
    }
    found->second += (found->second.empty() ? "" : " ") + escape_terminal(event.event);
  }
  for (const auto& [reason, events] : missing) {
    print(out, "  without ({}): {}\n", escape_terminal(reason), events);
  }
}

std::string cost_text(const TracerCost& cost) {
  const auto share = [&cost](std::uint64_t ns) {
    return cost.elapsed_ns == 0
               ? 0.0
               : static_cast<double>(ns) * 100 / static_cast<double>(cost.elapsed_ns);
  };
  const auto programs_ns = cost.programs_ns();
  const std::string_view about = cost.sampled ? "~" : "";
  const std::string programs =
      programs_ns
          ? fmt::format("{}{:.2f}% of one CPU ({}{} a run, {})", about, share(*programs_ns), about,
                        format_duration(*cost.run_ps / 1000), count_text(cost.runs, "run"))
          : fmt::format("not known yet ({})", count_text(cost.runs, "run"));
  return fmt::format("programs {}, reader {:.2f}%", programs, share(cost.reader_ns));
}

void append_loss(const Loss& loss, const RunView& run, fmt::memory_buffer& out) {
  print(out, "! {} lost on {} from {} to {}: the wakes in it are flagged lossy\n",
        loss.lost ? count_text(*loss.lost, "event") : "events",
        loss.cpu ? fmt::format("CPU {}", *loss.cpu) : "some CPU",
        loss.begin_ns ? run.offset(*loss.begin_ns) : "the start",
        loss.end_ns ? run.offset(*loss.end_ns) : "the end");
}

void append_summary(const Summary& summary, const RunView& run, const TextOptions& options,
                    fmt::memory_buffer& out) {
  append_headline(summary, run, options, out);
  append_culprits(summary.blame, out);
  append_verdicts(summary, out);
  append_counts(summary, run, out);
  if (summary.worst != 0) {
    append_missing(run.header, out);  // the wakes stand first
  }
  append_blame(summary.blame, options.top, out);
  append_what_if(summary, out);
  append_path_table(summary, options.top, out);
  append_interrupts(summary, options, out);
  append_quiet_vcpus(summary, run, options, out);
  if (!summary.programs.empty()) {
    append_programs(summary, run.header, out);
  }
}

}  // namespace wakepath::present
