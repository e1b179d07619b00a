// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/info_text.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "present/bars.hpp"
#include "present/print.hpp"
#include "present/summary_text.hpp"
#include "present/text_table.hpp"
#include "present/view.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

std::string when_text(std::uint64_t at_ns, std::optional<std::uint64_t> realtime_offset_ns) {
  return realtime_offset_ns ? utc_text(at_ns + *realtime_offset_ns) : "time not known";
}

void print_origin(const RecordingInfo& info, fmt::memory_buffer& out) {
  const Header& header = info.header;
  print(out, "  host        {}", host_text(header));
  if (header.counter_hz) {
    print(out, ", counter {:.3f} MHz", static_cast<double>(*header.counter_hz) / 1e6);
  }
  print(out, "\n");
  if (header.trace) {
    const TraceOrigin& from = *header.trace;
    print(out, "  imported    from {}, its clock {}\n", escape_terminal(from.form),
          from.untimed         ? "none: it has no times"
          : from.clock.empty() ? "not known"
                               : escape_terminal(from.clock));
  } else if (info.capture && info.first_ns) {
    print(out, "  recorded    {}, for {}, by wakepath {}\n",
          when_text(*info.first_ns, info.capture->realtime_offset_ns),
          format_duration(*info.last_ns - *info.first_ns), escape_terminal(header.wakepath));
    print(out, "  command     {}\n",
          info.capture->command.empty() ? "not told" : escape_terminal(info.capture->command));
  }
}

void print_recorded(const RecordingInfo& info, const RecordingInfo::File& file,
                    fmt::memory_buffer& out) {
  const double each =
      info.events == 0 ? 0 : static_cast<double>(file.bytes) / static_cast<double>(info.events);
  print(out, "  holds       {}, {} in {}; {} bytes, {:.1f} an event\n",
        count_text(info.events, "event"), count_text(info.guest_reports, "guest report"),
        count_text(file.chunks, "chunk"), file.bytes, each);
  print(out, "  lost        {} while it was recorded, {} by programs that did not run\n",
        lost_text(info.lost, info.lost_exact), info.missed);
  if (file.damaged_chunks != 0) {
    print(out, "  damaged     {}, {} not readable\n", count_text(file.damaged_chunks, "chunk"),
          count_text(file.unreadable_events, "event"));
  } else if (file.unreadable_events != 0) {
    print(out, "  cut         {} not readable\n", count_text(file.unreadable_events, "event"));
  }
}

void print_traced(const RecordingInfo& info, fmt::memory_buffer& out) {
  const bool timed = info.header.trace && !info.header.trace->untimed && info.first_ns;
  print(out, "  holds       {}{}\n", count_text(info.events, "event"),
        timed ? " in " + format_duration(*info.last_ns - *info.first_ns) : "");
  print(out, "  lost        {} while it was traced\n", lost_text(info.lost, info.lost_exact));
}

std::string who_text(const BreachFact& breach) {
  if (breach.kind != BreachFact::Kind::wake) {
    return "";
  }
  return fmt::format(
      " of {}, {}, {}", escape_terminal(breach.vm),
      breach.vcpu ? fmt::format("vCPU {}", *breach.vcpu) : fmt::format("thread {}", breach.tid),
      escape_terminal(breach.path));
}

void print_breaches(const RecordingInfo& info, fmt::memory_buffer& out) {
  constexpr std::size_t kShown = 5;
  std::string conditions;
  for (const std::string& one : info.trigger->conditions) {
    conditions += fmt::format("{}{}", conditions.empty() ? "" : "; ", escape_terminal(one));
  }
  print(out, "  waited for  {}; keeps {} before and {} after\n", conditions,
        exact_duration(info.trigger->before_ns), exact_duration(info.trigger->after_ns));
  std::vector<RecordingInfo::Breach> worst = info.breaches;
  std::ranges::stable_sort(worst, std::ranges::greater(), [](const RecordingInfo::Breach& one) {
    const BreachFact& fact = one.fact;
    return fact.kind == BreachFact::Kind::wake ? fact.at_ns - std::min(fact.at_ns, fact.begin_ns)
                                               : 0;
  });
  const std::uint64_t all = worst.size() + info.more_breaches;
  for (std::size_t i = 0; i < std::min(kShown, worst.size()); ++i) {
    const BreachFact& one = worst[i].fact;
    print(out, "  {:11} {}: {}{}\n", i == 0 ? "met by" : "",
          when_text(one.at_ns, worst[i].realtime_offset_ns),
          one.kind == BreachFact::Kind::signal ? "a signal" : escape_terminal(one.measured),
          who_text(one));
  }
  if (all > kShown) {
    print(out, "  {:11} and {} more: wakepath replay --breach\n", "", all - kShown);
  }
}

void print_contents(const RecordingInfo& info, fmt::memory_buffer& out) {
  if (info.file) {
    print_recorded(info, *info.file, out);
  } else {
    print_traced(info, out);
  }
  if (info.skipped != 0) {
    print(out, "  left out    {}, by the event set\n", count_text(info.skipped, "event"));
  }
  if (info.ring_bytes != 0) {
    print(out, "  rings       {} per CPU, emptied every {}\n", size_text(info.ring_bytes),
          format_duration(info.poll_ns));
  }
  print(out, "  names       {}, {}\n", count_text(info.irq_names, "IRQ"),
        count_text(info.function_names, "function"));
  if (info.trigger) {
    print_breaches(info, out);
  }
  if (info.host_files != 0) {
    print(out, "  settings    {} of its /proc and /sys, for audit\n",
          count_text(info.host_files, "file"));
  }
}

// A vCPU's number that occurs twice is of two VMs; which thread is of which is not known.
std::string threads_text(const RecordingInfo::Vm& vm) {
  std::set<std::uint64_t> numbers;
  std::string threads;
  for (const auto& [tid, vcpu] : vm.vcpus) {
    numbers.insert(vcpu.index);
    threads += fmt::format("{}{}", threads.empty() ? "" : ", ", tid);
  }
  return numbers.size() == vm.vcpus.size()
             ? ""
             : fmt::format(" of more than one VM (threads {})", threads);
}

void print_vms(const RecordingInfo& info, fmt::memory_buffer& out) {
  if (info.vms.empty()) {
    print(out, "  VMs         none was seen\n");
  }
  for (const RecordingInfo::Vm& vm : info.vms) {
    const std::string name = vm.name.empty() ? "?" : escape_terminal(vm.name);
    const std::string pid = vm.pid == 0 ? "" : fmt::format(" (pid {})", vm.pid);
    print(out, "  VM          {}{}, {}{}\n", name, pid, count_text(vm.vcpus.size(), "vCPU"),
          threads_text(vm));
  }
}

void print_events(const RecordingInfo& info, fmt::memory_buffer& out) {
  using enum TextTable::Align;
  TextTable table({{"EVENT"}, {"COUNT", right}, {"NOT CAPTURED BECAUSE"}});
  for (const EventState& state : info.header.events) {
    std::uint64_t count = 0;
    for (const auto& [event, came] : info.event_counts) {
      count += event == state.event ? came : 0;
    }
    const std::string reason = state.enabled          ? ""
                               : state.reason.empty() ? "not asked for"
                                                      : state.reason;
    table.row({escape_terminal(state.event), state.enabled ? fmt::format("{}", count) : "-",
               escape_terminal(reason)});
  }
  print(out, "\n");
  table.render(out);
}

void print_names(std::string_view title, std::size_t count, const std::vector<std::string>& names,
                 fmt::memory_buffer& out) {
  constexpr std::size_t kWidth = 100;
  constexpr std::size_t kIndent = 14;
  std::string line = fmt::format("  {:<12}{}", title, count);
  for (const std::string& name : names) {
    line += fmt::format("{}{}", &name == names.data() ? ": " : ", ", escape_terminal(name));
  }
  print(out, "{}\n", wrapped(line, kWidth, kIndent));
}

// Those of one kind of object, "/sys/kernel/irq/*/name", share an entry.
std::vector<std::string> by_kind(const std::vector<std::string>& files) {
  std::set<std::string> kinds;
  for (const std::string& file : files) {
    kinds.insert(escape_path_component(file));
  }
  return {kinds.begin(), kinds.end()};
}

void print_inside(const RecordingInfo::Inside& inside, fmt::memory_buffer& out) {
  print(out, "\nWHAT IT TELLS OF THE HOST, besides the above\n");
  print_names("VMs", inside.vms.size(), inside.vms, out);
  print_names("threads", inside.threads.size(), inside.threads, out);
  print_names("devices", inside.devices.size(), inside.devices, out);
  print_names("files", inside.files.size(), by_kind(inside.files), out);
  print(out, "  {:<12}{} of its kernel by name\n", "functions", inside.functions);
  print(out, "  {:<12}{}\n", "addresses",
        inside.kernel_addresses ? "of its kernel, as they were" : "none of its kernel");
  print(out, "wakepath anonymize replaces the names and addresses, and leaves out the files.\n");
}

}  // namespace

void info_text(const RecordingInfo& info, fmt::memory_buffer& out) {
  const char* state = info.file && info.file->incomplete
                          ? "INCOMPLETE: it was not closed, or is cut"
                      : info.damaged ? "damaged"
                                     : "whole";
  const std::string path = escape_terminal(info.path);
  if (info.file) {
    print(out, "{}: wakepath dump, format {}, {}\n", path, info.file->version, state);
  } else {
    print(out, "{}: foreign trace, {}\n", path, state);
  }
  print_origin(info, out);
  print_contents(info, out);
  print_vms(info, out);
  print_events(info, out);
  if (info.inside) {
    print_inside(*info.inside, out);
  }
}

}  // namespace wakepath::present
