// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/annotate.hpp"

#include <algorithm>
#include <span>

#include "present/interrupt_text.hpp"
#include "present/steps.hpp"
#include "present/view.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"
#include "util/trace_tool.hpp"

namespace wakepath::present {

namespace {

constexpr std::size_t kUserExitsShown = 3;

struct Line {
  std::int64_t offset_ns{};
  std::optional<std::uint64_t> took_ns;
  std::optional<std::uint32_t> cpu;
  std::string_view stage;  // empty: not a stage's own line
  std::string text;
};

void print_line(const Line& line, bool untimed, fmt::memory_buffer& out) {
  const std::string at =
      untimed ? "" : fmt::format("{}{}", line.offset_ns < 0 ? "" : "+", micros(line.offset_ns));
  const std::string took = !line.took_ns ? ""
                           : untimed     ? "?"
                                         : micros(static_cast<std::int64_t>(*line.took_ns));
  const std::string cpu = line.cpu ? fmt::format("CPU {}", *line.cpu) : "";
  fmt::format_to(fmt::appender(out), "{:>14} {:>13}  {:<7}  {:<14}  {}{}\n", at, took, cpu,
                 line.stage, line.stage.empty() ? "  " : "", line.text);
}

// Blame stands below the stage that it explains. Its parts sum to the stage.
void print_blame(const Stage& stage, fmt::memory_buffer& out) {
  const bool all_self = stage.blame.size() == 1 && stage.blame.front().kind == BlameKind::self;
  if (all_self) {
    return;
  }
  const auto length = static_cast<double>(stage.end_ns - stage.begin_ns);
  for (const Blame& blame : stage.blame) {
    const std::string share =
        length > 0 ? fmt::format("{:.0f}%", static_cast<double>(blame.ns) * 100 / length) : "";
    fmt::format_to(fmt::appender(out), "{:>59}{:>8} {:>4}  {}{}{}{}\n", "",
                   format_duration(blame.ns), share, name_of(blame.kind),
                   blame.what.empty() ? "" : " ", blamed_text(blame),
                   blame.prio ? " (" + priority_text(*blame.prio) + ")" : "");
  }
}

bool belongs_to_run(const Mark& mark, std::uint64_t end_ns) {
  switch (mark.kind) {
    case MarkKind::guest_exit:
    case MarkKind::user_exit:
    case MarkKind::sched_out:
    case MarkKind::idle:
      return mark.at_ns >= end_ns;
    default:
      return mark.at_ns > end_ns;
  }
}

// Prints the stages, and the marks that lie in them. `marks` end with the wake.
class StagePrinter {
 public:
  StagePrinter(std::uint64_t begin_ns, const Flags& flags, fmt::memory_buffer& out)
      : begin_ns_(begin_ns), untimed_(flags.has(Flag::untimed)), out_(out) {}

  void print(const Root& root, std::span<const Hop> hops, std::span<const Stage> stages,
             std::span<const Mark> marks, bool off_cpu) {
    StepNames names(root, hops, off_cpu);
    std::size_t next = 0;
    for (; next < marks.size() && marks[next].at_ns < begin_ns_; ++next) {
      item({offset(marks[next].at_ns), {}, marks[next].cpu, {}, mark_text(marks[next])});
    }
    for (std::size_t i = 0; i < stages.size(); ++i) {
      const Stage& stage = stages[i];
      const bool last = i + 1 == stages.size();
      // A stage's CPU is where it ended: it began where the one before ended.
      const std::optional<std::uint32_t> cpu = i > 0 ? std::optional(stages[i - 1].cpu) : root.cpu;
      item({offset(stage.begin_ns), stage.end_ns - stage.begin_ns, cpu, name_of(stage.kind),
            names.begin_of(stage)});
      print_blame(stage, out_);
      std::vector<Line> inside;
      for (const SubStage& sub : stage.sub) {
        const std::string state =
            sub.idle_state ? fmt::format(" (idle state {})", *sub.idle_state) : "";
        inside.push_back({offset(sub.begin_ns),
                          sub.end_ns - sub.begin_ns,
                          {},
                          {},
                          escape_terminal(sub.name) + state});
      }
      for (; next < marks.size() && (last || marks[next].at_ns < stage.end_ns); ++next) {
        inside.push_back(
            {offset(marks[next].at_ns), {}, marks[next].cpu, {}, mark_text(marks[next])});
      }
      std::ranges::stable_sort(inside, {}, &Line::offset_ns);
      for (const Line& line : inside) {
        item(line);
      }
    }
  }

  void item(const Line& line) { print_line(line, untimed_, out_); }
  [[nodiscard]] std::int64_t offset(std::uint64_t at_ns) const {
    return static_cast<std::int64_t>(at_ns - begin_ns_);
  }

 private:
  std::uint64_t begin_ns_;
  bool untimed_;
  fmt::memory_buffer& out_;
};

// Exact: "12.511ms", as the trace has it.
std::string millis(std::uint64_t ns) {
  constexpr std::uint64_t kMillis = 1'000'000;
  if (ns < kMillis) {
    return format_duration(ns);
  }
  std::string text = fmt::format("{}.{:06}", ns / 1'000'000, ns % 1'000'000);
  text.erase(text.find_last_not_of('0') + 1);
  return text + (text.ends_with('.') ? "0ms" : "ms");
}

std::string why_it_left(const WakeChain& chain, const RunView& run, const Mark* exit) {
  if (exit != nullptr && !exit->name.empty()) {
    return escape_terminal(exit->name);
  }
  if (chain.exits) {
    return "not known";
  }
  if (run.captures("kvm_exit")) {
    return "not known (kvm_exit does not fire here)";
  }
  return run.foreign_form().empty()
             ? "not known (kvm_exit was not captured: --exits)"
             : fmt::format("not known (no kvm_exit: {})",
                           record_event(run.foreign_form(), "kvm", "kvm_exit"));
}

void print_exits(const WakeChain& chain, fmt::memory_buffer& out) {
  if (!chain.exits || chain.exits->empty()) {
    return;
  }
  std::string text;
  for (const auto& [reason, count] : *chain.exits) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", escape_terminal(reason), count);
  }
  fmt::format_to(fmt::appender(out), "{:>55}  guest exits: {}\n", "", text);
}

// From the end of the wake to the next sleep. A run may hold thousands of exits: the last one says
// why the run ended, and the others are counted.
void print_run(const WakeChain& chain, const RunView& run, std::span<const Mark> marks,
               StagePrinter& printer, fmt::memory_buffer& out) {
  const Mark* exit = nullptr;
  const Mark* blocked = nullptr;
  for (const Mark& mark : marks) {
    exit = mark.kind == MarkKind::guest_exit ? &mark : exit;
    blocked = mark.kind == MarkKind::sched_out ? &mark : blocked;
  }
  const std::string who = chain.ends_at == EndsAt::kvm_entry ? "guest ran " : "vCPU thread ran ";
  const auto ran_line = [&] {
    const auto cpu = chain.stages.empty() ? std::nullopt : std::optional(chain.stages.back().cpu);
    const std::string ran = chain.ran_ns
                                ? who + format_duration(*chain.ran_ns)
                                : std::string("vCPU blocks, how long the guest ran is not known");
    printer.item({printer.offset(chain.end_ns), chain.ran_ns, cpu, "ran",
                  ran + ", left: " + why_it_left(chain, run, exit)});
    print_exits(chain, out);
  };
  if (blocked != nullptr || chain.ran_ns) {
    ran_line();
  }
  std::size_t user_exits = 0;
  for (const Mark& mark : marks) {
    user_exits += mark.kind == MarkKind::user_exit ? 1U : 0U;
    const bool too_many = mark.kind == MarkKind::user_exit && user_exits > kUserExitsShown;
    if (!too_many && (mark.kind != MarkKind::guest_exit || &mark == exit)) {
      printer.item({printer.offset(mark.at_ns), {}, mark.cpu, {}, mark_text(mark)});
    }
  }
  if (user_exits > kUserExitsShown) {
    fmt::format_to(fmt::appender(out), "{:>55}  and {}\n", "",
                   count_text(user_exits - kUserExitsShown, "more exit") + " to user space");
  }
  if (blocked == nullptr && !chain.ran_ns && chain.first_exit) {
    const std::uint64_t ran_ns = chain.first_exit->at_ns - chain.end_ns;
    fmt::format_to(fmt::appender(out),
                   "{:>53}guest ran {} to its first exit ({}); when it blocked is not known\n", "",
                   millis(ran_ns), escape_terminal(chain.first_exit->reason));
  } else if (blocked == nullptr && !chain.ran_ns) {
    fmt::format_to(fmt::appender(out), "{:>53}how long the guest then ran is not known\n", "");
  }
}

void print_flags(const Flags& flags, fmt::memory_buffer& out) {
  for (std::size_t i = 0; i < kFlags; ++i) {
    const auto flag = static_cast<Flag>(i);
    // Stands where the guest entry would.
    if (!flags.has(flag) || flag == Flag::no_entry) {
      continue;
    }
    fmt::format_to(fmt::appender(out), "  {}: {}\n", name_of(flag), meaning_of(flag));
  }
}

std::string sched_in_text(const RunView& run) {
  const std::string reason = run.entry_reason();
  return "switch to the vCPU; guest entry is not known" +
         (reason.empty() ? "" : " (" + reason + ")");
}

std::string flags_suffix(const Flags& flags) {
  const std::string text = flags_text(flags);
  return text.empty() ? "" : "  [" + text + "]";
}

}  // namespace

void annotate(const WakeChain& chain, const RunView& run, fmt::memory_buffer& out) {
  const auto print = [&out]<typename... Args>(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(fmt::appender(out), format, std::forward<Args>(args)...);
  };
  print("{}{}  {}  total {}", chain.id == 0 ? "" : fmt::format("#{}  ", chain.id),
        who_text(chain.who), escape_terminal(chain.path),
        chain.flags.has(Flag::untimed) ? "?" : format_duration(chain.total_ns()));
  if (chain.ends_at == EndsAt::sched_in) {
    print(" to sched_in");
  }
  if (chain.guest_lateness_ns) {
    const std::int64_t late = *chain.guest_lateness_ns;
    print(", the guest itself saw {}{}", late < 0 ? "-" : "",
          format_duration(static_cast<std::uint64_t>(late < 0 ? -late : late)));
  }
  print("{}\n", flags_suffix(chain.flags));
  print("  at {}, {}\n", chain.flags.has(Flag::untimed) ? "?" : run.offset(chain.begin_ns),
        chain.blocked_ns ? "blocked for " + format_duration(*chain.blocked_ns) + " before"
                         : std::string("how long it was blocked before is not known"));
  print_flags(chain.flags, out);

  const auto split = std::ranges::find_if(
      chain.marks, [&](const Mark& mark) { return belongs_to_run(mark, chain.end_ns); });
  const auto before = static_cast<std::size_t>(split - chain.marks.begin());
  const std::span<const Mark> marks(chain.marks);
  StagePrinter printer(chain.begin_ns, chain.flags, out);
  printer.print(chain.root, chain.hops, chain.stages, marks.first(before),
                !chain.flags.has(Flag::halt_poll));

  const std::optional<std::uint32_t> end_cpu =
      chain.stages.empty() ? std::nullopt : std::optional(chain.stages.back().cpu);
  const bool entered = chain.ends_at == EndsAt::kvm_entry;
  printer.item({printer.offset(chain.end_ns),
                {},
                end_cpu,
                entered ? "kvm_entry" : "sched_in",
                entered ? "guest entry" : sched_in_text(run)});
  print_run(chain, run, marks.subspan(before), printer, out);
  out.push_back('\n');
}

void annotate(const Delivery& delivery, const RunView& run, fmt::memory_buffer& out) {
  const bool off_cpu = delivery.flags.has(Flag::preempted);
  const bool untimed = delivery.flags.has(Flag::untimed);
  fmt::format_to(fmt::appender(out),
                 "{}  delivery: its timer was due while it was {}, no wake  total {}{}\n  at {}\n",
                 who_text(delivery.who), off_cpu ? "off its CPU" : "awake",
                 untimed ? "?" : format_duration(delivery.end_ns - delivery.begin_ns),
                 flags_suffix(delivery.flags), untimed ? "?" : run.offset(delivery.begin_ns));
  print_flags(delivery.flags, out);
  StagePrinter printer(delivery.begin_ns, delivery.flags, out);
  printer.print(Root{}, {}, delivery.stages, {}, false);
  const std::optional<std::uint32_t> cpu =
      delivery.stages.empty() ? std::nullopt : std::optional(delivery.stages.back().cpu);
  printer.item({printer.offset(delivery.end_ns), {}, cpu, "end", "back in the guest"});
  out.push_back('\n');
}

}  // namespace wakepath::present
