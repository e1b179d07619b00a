// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/text/look.hpp"

#include <array>

#include "import/text/event_line.hpp"
#include "import/text/fields.hpp"
#include "import/text/tracer.hpp"

namespace wakepath::foreign::text {

namespace {

constexpr std::size_t kMostName = 64;

// Calls `see` with each whole line; it says whether to go on.
template <typename See>
void each_line(std::string_view bytes, See see) {
  for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    if (!see(bytes.substr(0, end))) {
      return;
    }
    bytes.remove_prefix(end + 1);
  }
}

std::optional<EventLine> event_of(std::string_view line, TextKind& kind) {
  EventLine event;
  for (const Form form : {Form::ftrace, Form::latency, Form::perf}) {
    if (parse_event_line(form, line, event)) {
      kind = form == Form::perf ? TextKind::perf : TextKind::ftrace;
      return event;
    }
  }
  return std::nullopt;
}

// The word after `key`, if it is one that a release or an architecture may be.
std::string word_after(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) {
    return {};
  }
  Fields fields(line.substr(at + key.size()));
  std::string_view word;
  fields.word(word);
  const bool plain = word.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+~-") ==
                     std::string_view::npos;
  return plain && word.size() <= kMostName ? std::string(word) : std::string{};
}

void cpus_after(std::string_view line, std::string_view key, TraceInfo& info) {
  const std::size_t at = line.find(key);
  std::uint32_t cpus = 0;
  if (at != std::string_view::npos && Fields(line.substr(at + key.size())).number(cpus) &&
      cpus > 0 && cpus <= WP_MAX_CPUS) {
    info.cpus = cpus;
  }
}

// "# entries-in-buffer/entries-written: 3885/5221   #P:2"; in latency format "# latency: 0 us,
// #2104/2104, CPU#0 | (...)": what is not in the buffer any more.
void overwritten_of(std::string_view line, TraceInfo& info) {
  Fields fields(line);
  std::uint64_t held = 0;
  std::uint64_t written = 0;
  if ((fields.skip("# entries-in-buffer/entries-written: ") ||
       (fields.skip("# latency: ") && fields.skip_past(", #"))) &&
      fields.number(held) && fields.skip("/") && fields.number(written) && held < written) {
    info.overwritten = written - held;
  }
}

void take(std::string& into, std::string found) {
  if (into.empty()) {
    into = std::move(found);
  }
}

void read_header(std::string_view line, TraceInfo& info) {
  if (line.starts_with("# entries-in-buffer") || line.starts_with("# latency: ")) {
    cpus_after(line, "#P:", info);
    overwritten_of(line, info);
  } else if (line.starts_with("# ") && line.find(" latency trace v") != std::string_view::npos) {
    take(info.release, word_after(line, " on "));
  } else if (line.starts_with("# os release : ")) {  // perf script --header
    take(info.release, word_after(line, " : "));
  } else if (line.starts_with("# arch : ")) {
    take(info.arch, word_after(line, " : "));
  } else if (line.starts_with("# nrcpus avail : ")) {
    cpus_after(line, " : ", info);
  } else if (line.starts_with("cpus=")) {
    cpus_after(line, "=", info);
  }
}

// Events that only one of the two prints so.
std::string_view arch_of(const EventLine& event) {
  if (event.name == "local_timer_entry" || event.name == "local_timer_exit") {
    return "x86_64";
  }
  if (event.name == "kvm_exit" || event.name == "kvm_entry") {
    const auto holds = [&](std::string_view words) {
      return event.body.find(words) != std::string_view::npos;
    };
    if (holds("PC: 0x") || holds("vcpu_pc=")) {
      return "aarch64";
    }
    const bool x86 = event.body.starts_with("vcpu ") || event.body.starts_with("reason ") ||
                     holds("vcpu_id=") || holds("guest_rip=");
    return x86 ? "x86_64" : "";
  }
  if (event.name == "irq_handler_entry") {
    return event.body.ends_with("name=arch_timer") ? "aarch64" : "";
  }
  return "";
}

}  // namespace

bool is_raw_line(std::string_view line) {
  Fields fields(line);
  std::uint64_t number = 0;
  return fields.number(number) && fields.skip(" ") && fields.number(number) && fields.skip(" ") &&
         fields.number(number) && fields.skip(" type: ") && fields.number(number);
}

bool is_stack_line(std::string_view line) {
  return line.starts_with('\t') || line.starts_with("=> ") || line.starts_with(" =>");
}

std::optional<TextKind> look_for_text_trace(std::string_view first_bytes) {
  std::optional<TextKind> found;
  bool trace_cmd = false;
  bool tracer = false;
  each_line(first_bytes, [&](std::string_view line) {
    if (line.starts_with("# tracer: function_graph")) {
      tracer = false;
      return false;
    }
    TextKind kind{};
    if (event_of(line, kind)) {
      found = kind;
    } else if (is_raw_line(line)) {
      found = TextKind::ftrace_raw;
    } else if (line.starts_with("cpus=")) {
      trace_cmd = true;
    } else {
      tracer = tracer || is_tracer_line(line);
    }
    return !found;
  });
  if (!found && tracer) {
    return TextKind::ftrace;
  }
  return found == TextKind::ftrace && trace_cmd ? TextKind::trace_cmd : found;
}

std::string missing_fields(std::string_view first_bytes) {
  constexpr std::array<std::string_view, 6> kGroups{
      " sched:", " kvm:", " irq:", " timer:", " workqueue:", " power:"};
  std::string missing;
  each_line(first_bytes, [&](std::string_view line) {
    for (const std::string_view group : kGroups) {
      const std::size_t at = line.find(group);
      if (at == std::string_view::npos || line.find(": ", at + group.size()) == line.npos) {
        continue;
      }
      const std::string_view head = line.substr(0, at);
      const std::size_t cpu = head.find('[');
      std::string_view thread = head.substr(0, cpu);
      if (cpu == std::string_view::npos) {
        thread = head.substr(0, head.find_first_of(".:"));
        thread = thread.substr(0, thread.find_last_of(' ') + 1);  // the seconds stand behind it
      }
      const bool has_thread = thread.find_first_not_of(' ') != std::string_view::npos;
      const bool has_tid = has_thread && is_digit(thread[thread.find_last_not_of(' ')]);
      missing = std::string(has_thread ? "" : "comm, ") + (has_tid ? "" : "tid, ") +
                (cpu == std::string_view::npos ? "cpu, " : "") +
                (head.find('.') == std::string_view::npos ? "time, " : "");
      missing.resize(missing.size() - (missing.empty() ? 0 : 2));
      return false;
    }
    return true;
  });
  return missing;
}

TraceInfo describe(TextKind kind, std::string_view first_bytes) {
  constexpr std::array kForms{"ftrace text", "trace-cmd report text", "perf script text",
                              "ftrace text, option raw"};
  TraceInfo info;
  info.form = kForms.at(static_cast<std::size_t>(kind));
  bool event_seen = false;
  each_line(first_bytes, [&](std::string_view line) {
    TextKind any{};
    const auto event = event_of(line, any);
    if (!event) {
      read_header(line, info);
      return true;
    }
    if (!event_seen) {
      event_seen = true;
      info.resolution_ns = event->resolution_ns;
      info.clock = event->resolution_ns == 0 ? TraceClock::none : TraceClock::unknown;
    }
    take(info.arch, std::string(arch_of(*event)));
    return true;
  });
  return info;
}

}  // namespace wakepath::foreign::text
