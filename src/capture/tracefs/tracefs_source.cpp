// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/tracefs/tracefs_source.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "capture/background.hpp"
#include "capture/bpf/ring_size.hpp"
#include "capture/guest_reports.hpp"
#include "capture/host_fact.hpp"
#include "capture/host_files.hpp"
#include "capture/pace.hpp"
#include "capture/privileges.hpp"
#include "capture/reader_cpus.hpp"
#include "capture/tracefs/cpu_pages.hpp"
#include "capture/tracefs/formats.hpp"
#include "capture/tracefs/host_names.hpp"
#include "capture/tracefs/instance.hpp"
#include "capture/tracefs/plan.hpp"
#include "host/host_facts.hpp"
#include "import/record_maker.hpp"

namespace wakepath::capture {

namespace {

constexpr std::uint64_t kRenewNs = 10'000'000'000;
// A record can be read when it and the event that it interrupted are whole: later than that only
// where the host takes a CPU away. Twice WP_HOLD_BACK_NS and more, for it costs nothing but delay.
constexpr std::uint64_t kHoldBackNs = 50'000'000;

// PROC_PID_INIT_INO, include/linux/proc_ns.h: records number tasks as that namespace does.
bool in_first_pid_namespace() {
  std::error_code error;
  const auto link = std::filesystem::read_symlink("/proc/self/ns/pid", error);
  return !error && link.string() == "pid:[4026531836]";
}

Fact event_fact(const PlannedEvent& event) {
  return EventFact{event.enabled, std::string(event.tracepoint->name), event.reason};
}

Fact notice(wp_advice advice, std::string text) { return NoticeFact{advice, 0, std::move(text)}; }

}  // namespace

struct TracefsSource::Impl {
  Impl(CaptureOptions given, TracefsInstance made, Formats known, std::uint32_t cpus,
       std::uint32_t guest_tgid)
      : options(std::move(given)),
        instance(std::move(made)),
        formats(std::move(known)),
        possible(cpus),
        threads("/", in_first_pid_namespace()),
        names({guest_tgid, threads.sees_all(), "/"}, options.irqs),
        facts(threads, names),
        maker(facts),
        told(threads, maker),
        events(*formats, cpus, [this](std::uint64_t address) {
          return symbols ? symbols->name(address).value_or("") : std::string();
        }) {}

  CaptureOptions options;
  std::optional<TracefsInstance> instance;
  Formats formats;
  std::optional<host::Symbols> symbols;
  std::uint32_t possible;
  ThreadBook threads;
  NameBook names;
  FactTeller facts;
  foreign::RecordMaker maker;
  ThreadTeller told;
  foreign::TepEvents events;
  std::unique_ptr<GuestReports> guest;
  HostFiles host_files;
  std::vector<CpuPages> pages;
  std::vector<Fact> first;  // for the start of the stream
  std::optional<Pace> pace;
  CpuSet reader_cpus;
  std::size_t most_pages{};
  std::uint64_t renewed_ns{};
  enum class State { begin, running, ended } state{State::begin};
  std::atomic<bool> stopping{false};

  void read_symbols();
  Result<void> begin(RecordSink& sink);
  Result<std::size_t> take();
  // What became known of the host meanwhile; `last`: waits for what is being read.
  Result<void> say_news(Deadline until, RecordSink& sink);
  Result<void> pass(RecordSink& sink);
  Result<void> end(RecordSink& sink);
  void sleep() const;
};

void TracefsSource::Impl::read_symbols() {
  auto read = host::Symbols::read("/");
  if (read && !read->restricted()) {
    symbols = std::move(*read);
    return;
  }
  first.push_back(notice(WP_ADVICE_SYMBOLS_HIDDEN,
                         "the kernel hides its symbols, functions have no names (sysctl "
                         "kernel.kptr_restrict=1, and CAP_SYSLOG)"));
}

Result<void> TracefsSource::Impl::begin(RecordSink& sink) {
  run_reader_on(reader_cpus);
  host_files.begin(options.host_files);
  state = State::running;
  for (const Fact& fact : first) {
    if (auto done = send(fact, sink); !done) {
      return done;
    }
  }
  first.clear();
  foreign::TraceInfo info;
  info.form = "tracefs";
  info.clock = foreign::TraceClock::monotonic;
  info.clock_name = "mono";
  info.resolution_ns = 1;
  info.cpus = possible;
  auto done = maker.about(info);
  // From now on its time is what we say: CPUs are read one after the other.
  return done ? maker.seen_until(0) : done;
}

// The most that came of one CPU, in bytes.
Result<std::size_t> TracefsSource::Impl::take() {
  std::size_t most = 0;
  for (CpuPages& cpu : pages) {
    const auto taken = cpu.drain(events, told, most_pages);
    if (!taken) {
      return tl::unexpected(taken.error());
    }
    most = std::max(most, *taken);
  }
  return most;
}

Result<void> TracefsSource::Impl::pass(RecordSink& sink) {
  const std::uint64_t before_ns = clock_ns(CLOCK_MONOTONIC);
  const auto most = take();
  if (!most) {
    return tl::unexpected(most.error());
  }
  pace->drained(clock_ns(CLOCK_MONOTONIC), *most);
  auto done = maker.seen_until(before_ns - std::min(before_ns, kHoldBackNs));
  if (done && before_ns > renewed_ns + kRenewNs) {
    renewed_ns = before_ns;
    done = facts.renew(before_ns);
  }
  if (done && guest) {
    done = guest->drain(names, sink);
  }
  return done ? say_news({}, sink) : done;
}

Result<void> TracefsSource::Impl::say_news(Deadline until, RecordSink& sink) {
  for (const Fact& fact : host_files.news(until)) {
    if (auto done = send(fact, sink); !done) {
      return done;
    }
  }
  return names.irq_news(until, sink);
}

Result<void> TracefsSource::Impl::end(RecordSink& sink) {
  if (auto done = instance->tracing(false); !done) {
    return done;
  }
  for (std::size_t most = 1; most != 0;) {
    const auto taken = take();
    if (!taken) {
      return tl::unexpected(taken.error());
    }
    most = *taken;
  }
  for (const CpuPages& cpu : pages) {
    const std::uint64_t lost = instance->lost(cpu.cpu());
    if (lost > cpu.lost()) {
      if (auto done = maker.lost({cpu.cpu(), lost - cpu.lost()}); !done) {
        return done;
      }
    }
  }
  pages.clear();
  instance.reset();
  if (guest) {
    if (auto done = guest->drain(names, sink); !done) {
      return done;
    }
  }
  if (auto done = say_news(end_of_patience(), sink); !done) {
    return done;
  }
  return maker.finish();
}

void TracefsSource::Impl::sleep() const {
  const auto ns = static_cast<long>(pace->sleep_ns());
  const timespec time{ns / 1'000'000'000, ns % 1'000'000'000};
  ::nanosleep(&time, nullptr);  // a signal ends it early: so it should
}

Result<void> need_tracefs() {
  const auto found = find_tracefs();
  return found ? Result<void>{} : tl::unexpected(found.error());
}

TracefsSource::TracefsSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TracefsSource::~TracefsSource() = default;

Result<std::unique_ptr<TracefsSource>> TracefsSource::open(const CaptureOptions& options,
                                                           guest::Guest* guest,
                                                           const std::string& reason) {
  if (auto met = need_kvm(); !met) {
    return tl::unexpected(met.error());
  }
  if (auto met = need_tracefs(); !met) {
    return tl::unexpected(met.error());
  }
  const auto cpus = host::read_cpus("/");
  if (!cpus) {
    return tl::unexpected(cpus.error());
  }
  const auto page = static_cast<std::size_t>(::getpagesize());
  const auto bytes = ring_size(options.ring_bytes, cpus->online.list().size(), page);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  utsname host{};
  ::uname(&host);
  const auto plan = tracefs_plan(
      options.events, host.machine, [](std::string_view system, std::string_view name) {
        return ::tracefs_event_file_exists(nullptr, std::string(system).c_str(),
                                           std::string(name).c_str(), "enable");
      });
  if (!plan) {
    return tl::unexpected(plan.error());
  }
  auto formats = read_formats(*plan);
  if (!formats) {
    return tl::unexpected(formats.error());
  }
  auto instance = TracefsInstance::create(bytes->events);
  if (!instance) {
    return tl::unexpected(instance.error());
  }
  const std::uint32_t guest_tgid = guest == nullptr ? 0 : static_cast<std::uint32_t>(::getpid());
  auto impl = std::make_unique<Impl>(options, std::move(*instance), std::move(*formats),
                                     cpus->possible, guest_tgid);
  impl->reader_cpus = host::housekeeping(*cpus);
  impl->most_pages = std::max<std::size_t>(2 * bytes->events / page, 1);
  impl->pace.emplace(static_cast<std::uint64_t>(options.poll.count()), bytes->events);
  impl->first.push_back(host_fact(cpus->possible, 0, options.options_text));
  impl->first.push_back(
      CaptureFact{bytes->events, static_cast<std::uint64_t>(options.poll.count()), 1000, 0});
  for (const PlannedEvent& event : *plan) {
    impl->first.push_back(event_fact(event));
  }
  impl->first.push_back(
      notice(WP_ADVICE_OTHER,
             "captured through tracefs" + (reason.empty() ? "" : ", not BPF: " + reason)));
  if (!impl->threads.sees_all()) {
    impl->first.push_back(notice(WP_ADVICE_OTHER_PROC,
                                 "/proc shows another PID namespace than the kernel's own: VMs are "
                                 "called by their vCPU's thread (run on the host, or with its PID "
                                 "namespace: --pid=host, hostPID)"));
  }
  impl->read_symbols();
  if (guest != nullptr) {
    impl->guest = std::make_unique<GuestReports>(*guest);
  }
  for (const PlannedEvent& event : *plan) {
    if (!event.enabled) {
      continue;
    }
    auto done = impl->instance->enable(std::string(event.tracepoint->system),
                                       std::string(event.tracepoint->name));
    if (!done) {
      return tl::unexpected(done.error());
    }
  }
  for (std::uint32_t cpu = 0; cpu < cpus->possible; ++cpu) {
    if (Fd pages = impl->instance->open_pages(cpu)) {
      impl->pages.emplace_back(cpu, std::move(pages), page);
    } else if (errno != ENOENT && errno != ENODEV) {
      return fail(
          ErrorKind::unsupported,
          fmt::format("the buffer of CPU {} can't be opened: {}", cpu, std::strerror(errno)),
          errno == EMFILE ? "ulimit -n 65536" : "");
    }
  }
  if (auto done = impl->instance->tracing(true); !done) {
    return tl::unexpected(done.error());
  }
  return std::unique_ptr<TracefsSource>(new TracefsSource(std::move(impl)));
}

Result<bool> TracefsSource::pump(RecordSink& sink) {
  Impl& me = *impl_;
  if (me.state == Impl::State::ended) {
    return false;
  }
  me.facts.send_to(sink);
  Result<void> done;
  if (me.state == Impl::State::begin) {
    done = me.begin(sink);
  } else if (!me.stopping) {
    me.sleep();
  }
  const bool last = me.stopping;
  if (done) {
    done = last ? me.end(sink) : me.pass(sink);
  }
  if (!done || last) {
    me.state = Impl::State::ended;
  }
  if (!done) {
    return tl::unexpected(done.error());
  }
  return !last;
}

void TracefsSource::stop() { impl_->stopping = true; }

}  // namespace wakepath::capture
