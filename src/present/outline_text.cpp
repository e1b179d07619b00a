// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/outline_text.hpp"

#include <array>
#include <iterator>
#include <optional>
#include <string>

#include "util/escape.hpp"

namespace wakepath::present {

namespace {

struct StepWords {
  std::string_view name;  // for machines
  std::string_view text;
};

constexpr std::array<StepWords, 25> kStepWords{{
    {"interrupt", "interrupt"},
    {"handler", "handler"},
    {"timer_callback", "timer callback"},
    {"softirq", "softirq"},
    {"work_queued", "work queued"},
    {"woken", "wakes"},
    {"idle", "idle"},
    {"idle_end", "idle ends after"},
    {"idle_exit", "idle exit"},
    {"scheduling", "goes off the CPU"},
    {"switched", "switch"},
    {"back", "back on the CPU after"},
    {"work", "takes a work item"},
    {"work_run", "work function"},
    {"vcpu_loaded", "vCPU loaded"},
    {"blocks", "vCPU waits"},
    {"blocks_end", "vCPU's wait ends after"},
    {"unblocked", "wait undone"},
    {"flushed", "made ready for the guest"},
    {"injected", "injection"},
    {"line_set", "timer's interrupt line"},
    {"guest_entry", "guest entry"},
    {"guest_run", "guest runs"},
    {"guest_exit", "guest exit"},
    {"exit_handled", "exit handled"},
}};
constexpr StepWords kToUser{"to_user", "to user space after"};

const StepWords& words_of(OutlineKind kind) {
  const auto number = static_cast<std::size_t>(kind);
  return number < kStepWords.size() ? kStepWords.at(number) : kToUser;
}

std::string task_text(const std::string& comm, const std::optional<std::uint32_t>& tid) {
  if (!tid) {
    return "?";
  }
  return fmt::format("{}-{}", comm.empty() ? "?" : escape_terminal(comm), *tid);
}

// With as many digits as the kernel prints (trace_print_graph_duration()).
std::string took_text(std::uint64_t ns) {
  const double us = static_cast<double>(ns) / 1000;
  int digits = 3;
  for (std::uint64_t limit = 10'000'000; digits > 0 && ns >= limit; limit *= 10) {
    --digits;
  }
  return fmt::format("{:.{}f} us", us, digits);
}

std::string functions_text(const OutlineStep& step) {
  std::string all;
  for (const std::string& function : step.functions) {
    all += (all.empty() ? "" : " > ") + (function.empty() ? "?" : escape_terminal(function));
  }
  return all;
}

std::string step_text(const OutlineStep& step) {
  std::string text(words_of(step.kind).text);
  if (step.kind == OutlineKind::woken) {
    text += " " + task_text(step.who, step.who_tid);
  } else if (step.kind == OutlineKind::switched) {
    return text + " to " + task_text(step.who, step.who_tid);
  }
  if (step.kind == OutlineKind::guest_run && step.functions.empty()) {
    return text + " (what enters it is not traced)";
  }
  if (step.kind == OutlineKind::exit_handled && !step.functions.empty() &&
      step.functions.back() == "kvm_handle_wfx") {
    text = "WFI or WFE";
  }
  if (!step.functions.empty()) {
    return text + ": " + functions_text(step);
  }
  return text;
}

void append_outline_step(const OutlineStep& step, std::optional<std::uint64_t> begin_ns,
                         fmt::memory_buffer& out) {
  auto to = std::back_inserter(out);
  if (begin_ns) {
    const std::string since =
        step.at_ns ? fmt::format("+{} us", (*step.at_ns - *begin_ns) / 1000) : "?";
    fmt::format_to(to, "{:>12} ", since);
  }
  std::string duration = step.duration_ns ? took_text(*step.duration_ns) : "?";
  if (step.kind == OutlineKind::switched) {
    duration.clear();  // a moment
  }
  fmt::format_to(to, "{:>14}  CPU {:<3} {:<13} {:{}}{}\n", duration, step.cpu,
                 task_text(step.task, step.tid), "", 2 * step.level, step_text(step));
}

}  // namespace

std::string_view name_of(OutlineKind kind) { return words_of(kind).name; }

void outline_text(const OutlineWake& wake, std::uint64_t number, fmt::memory_buffer& out) {
  auto to = std::back_inserter(out);
  fmt::format_to(to, "wake {} of {}", number, task_text(wake.vcpu, wake.tid));
  if (!wake.steps.empty()) {
    fmt::format_to(to, ", lines {} to {}", wake.steps.front().line, wake.steps.back().line);
  }
  if (!wake.tid) {
    fmt::format_to(to, "; whom it wakes is not certain");
  }
  if (!wake.cause_seen) {
    fmt::format_to(to, "; what woke it is not in the trace");
  }
  if (!wake.whole) {
    fmt::format_to(to, "; the trace ends before it sleeps again");
  }
  fmt::format_to(to, "\n");
  const std::optional<std::uint64_t> begin =
      wake.steps.empty() ? std::nullopt : wake.steps.front().at_ns;
  for (const OutlineStep& step : wake.steps) {
    append_outline_step(step, begin, out);
  }
  if (wake.left_out > 0) {
    fmt::format_to(to, "{:>14}  {} steps are left out\n", "", wake.left_out);
  }
  fmt::format_to(to, "\n");
}

}  // namespace wakepath::present
