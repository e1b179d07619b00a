// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/info_text.hpp"

#include <array>
#include <ctime>
#include <set>

#include "present/print.hpp"
#include "present/summary_text.hpp"
#include "present/text_table.hpp"
#include "present/view.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

std::string utc_text(std::uint64_t monotonic_ns, std::uint64_t realtime_offset_ns) {
  const auto seconds =
      static_cast<std::time_t>((monotonic_ns + realtime_offset_ns) / 1'000'000'000);
  std::tm parts{};
  std::array<char, 32> text{};
  if (::gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0) {
    return "at a time that is not known";
  }
  return text.data();
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
          utc_text(*info.first_ns, info.capture->realtime_offset_ns),
          format_duration(*info.last_ns - *info.first_ns), escape_terminal(header.wakepath));
    print(out, "  command     {}\n", escape_terminal(info.capture->command));
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
    print(out, "  damaged     {}, {} of them lost\n", count_text(file.damaged_chunks, "chunk"),
          count_text(file.unreadable_events, "event"));
  }
}

void print_traced(const RecordingInfo& info, fmt::memory_buffer& out) {
  const bool timed = info.header.trace && !info.header.trace->untimed && info.first_ns;
  print(out, "  holds       {}{}\n", count_text(info.events, "event"),
        timed ? " in " + format_duration(*info.last_ns - *info.first_ns) : "");
  print(out, "  lost        {} while it was traced\n", lost_text(info.lost, info.lost_exact));
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
}

}  // namespace wakepath::present
