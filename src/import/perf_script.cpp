// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/perf_script.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

#include <poll.h>
#include <unistd.h>

#include "util/escape.hpp"

namespace wakepath::foreign {

namespace {

constexpr std::size_t kMostHeader = std::size_t{1} << 20U;
constexpr std::size_t kMostEventNames = 200;
constexpr std::uint64_t kHeaderSeconds = 10;  // of a CPU: it is a few kB

// --guest-code: ARM64 marks what a host traces while a vCPU is loaded as the guest's, and perf
// prints no such sample without it. --kallsyms: without it, names are those of this host's kernel.
std::vector<std::string> command(std::initializer_list<const char*> more) {
  std::vector<std::string> all{"perf",       "script",    "--force", "--guest-code",
                               "--kallsyms", "/dev/null", "-i",      "/proc/self/fd/3"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// As Child's, whatever signals come.
bool wait_for(const Child& child) {
  Child::Ready ready = Child::Ready::interrupted;
  while (ready == Child::Ready::interrupted && !child.is_to_stop()) {
    ready = child.wait();
  }
  return ready == Child::Ready::yes;
}

// False: the output ended before anything came.
bool says_something(const Child& child) {
  pollfd ready{child.output(), POLLIN, 0};
  return ::poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0;
}

tl::unexpected<Error> ended_early() { return fail(ErrorKind::interrupted, "interrupted"); }

tl::unexpected<Error> stands_still() {
  return fail(ErrorKind::bad_input, "perf can't read this perf.data: it stands still");
}

// nullopt: nothing more came, and no end either.
std::optional<std::string> read_all(const Child& child) {
  std::string text;
  std::array<char, 4096> piece{};
  while (text.size() < kMostHeader) {
    if (!wait_for(child)) {
      return std::nullopt;
    }
    const ssize_t got = ::read(child.output(), piece.data(), piece.size());
    if (got <= 0 && !(got < 0 && errno == EINTR)) {
      break;
    }
    text.append(piece.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  }
  return text;
}

tl::unexpected<Error> why(const Child& child, const std::string& end) {
  if (child.exit_code() == Child::kNotFound) {
    return fail(ErrorKind::unsupported, "perf.data is read by perf, which is not installed",
                "install it (Debian: linux-perf), or on the traced host: perf script >TEXT");
  }
  if (child.exit_code() == Child::kStaysRoot) {
    return fail(ErrorKind::not_permitted, "perf.data is read by perf, which " + end,
                "run wakepath as another user, or on the traced host: perf script >TEXT");
  }
  const std::string& complaint = child.complaint();
  if (complaint.find("unknown option") != std::string::npos) {
    return fail(ErrorKind::unsupported,
                "this host's perf is too old: it prints nothing of what a host does for its guests",
                "take one of Linux 6.0 or later: it knows --guest-code");
  }
  return fail(ErrorKind::bad_input,
              "perf can't read this perf.data: " + (complaint.empty() ? "it " + end : complaint));
}

std::string_view value_of(std::string_view header, std::string_view name) {
  const std::size_t found = header.find(name);
  if (found == std::string_view::npos) {
    return {};
  }
  const std::string_view rest = header.substr(found + name.size());
  return rest.substr(0, rest.find_first_of(",\n "));
}

// The names of its events, where the header has some and none is a tracepoint.
std::string events_but_tracepoints(std::string_view header) {
  constexpr std::string_view kEvent = "# event : name = ";
  std::string names;
  for (std::size_t at = header.find(kEvent); at != std::string_view::npos;
       at = header.find(kEvent, at + 1)) {
    const std::string_view line = header.substr(at, header.find('\n', at) - at);
    if (line.find(" type = 2") != std::string_view::npos) {  // PERF_TYPE_TRACEPOINT
      return {};
    }
    const std::string_view name = line.substr(kEvent.size());
    if (names.size() < kMostEventNames) {
      names += (names.empty() ? "" : ", ") + escape_terminal(name.substr(0, name.find(',')));
    }
  }
  return names;
}

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

}  // namespace

bool is_perf_data(Bytes beginning) {
  constexpr std::string_view kMagic = "PERFILE2";
  return std::string_view(reinterpret_cast<const char*>(beginning.data()), beginning.size())
      .starts_with(kMagic);
}

TraceInfo perf_info(std::string_view header) {
  TraceInfo info;
  info.form = "perf.data";
  info.release = value_of(header, "# os release : ");
  info.arch = value_of(header, "# arch : ");
  info.cpus = number_of(value_of(header, "# nrcpus avail : "));
  if (header.find("# event : ") == std::string_view::npos) {
    return info;
  }
  // clockid_t, include/uapi/linux/time.h; without one it is perf's own, local_clock().
  const auto clock = number_of(value_of(header, " clockid = "));
  if (header.find("use_clockid = 1") == std::string_view::npos || !clock) {
    info.clock = TraceClock::local;
    info.clock_name = "perf";
    return info;
  }
  switch (*clock) {
    case 1:
      info.clock = TraceClock::monotonic;
      info.clock_name = "mono";
      break;
    case 7:
      info.clock = TraceClock::boot;
      info.clock_name = "boot";
      break;
    default:
      info.clock = TraceClock::other;
      info.clock_name = "clockid " + std::to_string(*clock);
      break;
  }
  return info;
}

Result<PerfScript> PerfScript::start(Fd file, const ChildLimits& limits) {
  ChildLimits short_limits = limits;
  short_limits.cpu_seconds = std::min(limits.cpu_seconds, kHeaderSeconds);
  auto first = Child::execute(file.get(), short_limits, command({"--header-only"}));
  if (!first) {
    return tl::unexpected(first.error());
  }
  const auto header = read_all(*first);
  if (!header) {
    return first->is_to_stop() ? ended_early() : stands_still();
  }
  if (const std::string end = first->end(); !end.empty()) {
    return why(*first, end);
  }
  if (const std::string events = events_but_tracepoints(*header); !events.empty()) {
    return fail(ErrorKind::bad_input, "there is no tracepoint in it (" + events + ")",
                "perf record -a -k mono -e 'irq:*,ipi:*,timer:hrtimer_*,workqueue:*,sched:*,"
                "power:cpu_idle,kvm:*'");
  }
  auto child =
      Child::execute(file.get(), limits, command({"--ns", "-F", "comm,tid,cpu,time,event,trace"}));
  if (!child) {
    return tl::unexpected(child.error());
  }
  if (!wait_for(*child)) {
    return child->is_to_stop() ? ended_early() : stands_still();
  }
  if (!says_something(*child)) {
    const std::string end = child->end();
    return why(*child, end.empty() ? "prints no event" : end);
  }
  return PerfScript(std::move(*child), perf_info(*header));
}

Result<std::size_t> PerfScript::read(std::span<char> out) {
  for (;;) {
    const Child::Ready ready = child_.wait();
    if (ready == Child::Ready::no) {
      return fail(ErrorKind::bad_input, "perf stands still; what it printed before is used");
    }
    if (ready == Child::Ready::interrupted) {
      interrupted_ = true;
      if (child_.is_to_stop()) {
        return ended_early();
      }
      return 0;
    }
    const ssize_t got = ::read(child_.output(), out.data(), out.size());
    if (got >= 0) {
      return static_cast<std::size_t>(got);
    }
    if (errno != EINTR) {
      return fail(ErrorKind::bad_input, "what perf prints can't be read");
    }
  }
}

Result<void> PerfScript::end() {
  const std::string end = child_.end();
  return end.empty() || interrupted_ ? Result<void>{} : why(child_, end);
}

}  // namespace wakepath::foreign
