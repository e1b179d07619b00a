// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/live_source.hpp"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <set>
#include <thread>

#include <sched.h>
#include <unistd.h>

#include "capture/background.hpp"
#include "capture/bpf/bpf_session.hpp"
#include "capture/bpf/cpu_drain.hpp"
#include "capture/bpf/found_vcpus.hpp"
#include "capture/bpf/kernel_btf.hpp"
#include "capture/bpf/own_cost.hpp"
#include "capture/bpf/ring_size.hpp"
#include "capture/guest_reports.hpp"
#include "capture/host_fact.hpp"
#include "capture/name_book.hpp"
#include "capture/pace.hpp"
#include "capture/privileges.hpp"
#include "capture/reader_cpus.hpp"
#include "host/host_facts.hpp"
#include "record/batch_joiner.hpp"
#include "record/tick_writer.hpp"

namespace wakepath::capture {

struct LiveSource::Impl {
  CaptureOptions options;
  std::unique_ptr<BpfSession> session;
  std::unique_ptr<GuestReports> guest;
  std::unique_ptr<record::TickWriter> ticks;
  std::optional<OwnCost> cost;
  NameBook names{{}};
  HostFiles host_files;
  std::uint64_t names_renewed_ns{0};
  std::uint64_t clock_said_ns{0};
  std::set<std::uint32_t> told_without_ring;
  CpuSet reader_cpus;
  std::vector<Fact> facts;  // for the start of the stream
  std::vector<wp_vcpu> vcpus;
  std::vector<std::uint64_t> received;  // events, by CPU
  record::BatchJoiner joiner;
  std::uint64_t begin_ns{};
  RingSizes ring_bytes;
  std::optional<Pace> pace;
  enum class State { begin, running, backlog, ended } state{State::begin};
  std::atomic<bool> stopping{false};

  Result<void> begin(RecordSink& sink);
  Result<void> drain(RecordSink& sink);
  Result<void> pass(RecordSink& sink);
  // After the end of the capture, at `end_ns`.
  Result<void> last_pass(RecordSink& sink, std::uint64_t end_ns);
  Result<void> end(RecordSink& sink);
  Result<void> check_counts(RecordSink& sink);
  Result<void> write_tick(std::uint64_t now_ns, std::uint64_t missed, std::uint32_t flags,
                          RecordSink& sink);
  [[nodiscard]] bool short_of_written() const;
  Result<void> say_cpus_without_ring(RecordSink& sink);
  Result<void> say_clock(RecordSink& sink);
  Result<void> say_host_files(Deadline until, RecordSink& sink);
  void renew_names();
  [[nodiscard]] Fact capture_fact(std::uint64_t attempts) const;
  void sleep() const;
};

Fact LiveSource::Impl::capture_fact(std::uint64_t attempts) const {
  return CaptureFact{ring_bytes.events, static_cast<std::uint64_t>(options.poll.count()),
                     WP_HOLD_BACK_NS, attempts};
}

Result<void> LiveSource::Impl::begin(RecordSink& sink) {
  run_reader_on(reader_cpus);
  cost.emplace(options.program_stats).begin(*session, clock_ns(CLOCK_MONOTONIC));
  for (const Fact& fact : facts) {
    if (auto done = send(fact, sink); !done) {
      return done;
    }
  }
  facts.clear();
  for (const wp_vcpu& vcpu : vcpus) {
    if (auto done = names.vcpu(vcpu, 0, sink); !done) {
      return done;
    }
  }
  vcpus.clear();
  host_files.begin(options.host_files);
  state = State::running;
  return ticks->write_first(begin_ns, sink);
}

Result<void> LiveSource::Impl::drain(RecordSink& sink) {
  state = State::running;
  std::size_t most = 0;
  for (CpuRings& rings : session->rings()) {
    // As if the side ring were as large as the other: it is as full that matters.
    const std::size_t scale = ring_bytes.events / rings.side.bytes();
    most =
        std::max({most, rings.side.pending() * scale, rings.events ? rings.events->pending() : 0});
    const auto more = drain_cpu(rings, received[rings.cpu], names, joiner, sink);
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (auto done = joiner.flush(sink); !done) {
      return done;
    }
    if (*more) {
      state = State::backlog;
    }
  }
  pace->drained(clock_ns(CLOCK_MONOTONIC), most);
  return guest ? guest->drain(names, sink) : Result<void>{};
}

Result<void> LiveSource::Impl::write_tick(std::uint64_t now_ns, std::uint64_t missed,
                                          std::uint32_t flags, RecordSink& sink) {
  const auto totals = [this](std::uint32_t cpu) {
    const EventCounts counts = session->counts(cpu);
    return wp_tick_cpu{cpu, static_cast<std::uint32_t>(received[cpu]), counts.written,
                       counts.failed, counts.skipped};
  };
  return ticks->write(now_ns, missed, totals, flags, sink);
}

// Where the guests' counters are on our clock: often enough that the clock's slewing does not show.
Result<void> LiveSource::Impl::say_clock(RecordSink& sink) {
  constexpr std::uint64_t kEveryNs = 1'000'000'000;
  const std::uint64_t now = clock_ns(CLOCK_MONOTONIC);
  if (clock_said_ns != 0 && now - clock_said_ns < kEveryNs) {
    return {};
  }
  clock_said_ns = now;
  const auto pair = guest::read_clock_pair();
  return pair ? send(ClockFact{pair->counter, pair->monotonic_ns, pair->width_ns}, sink)
              : Result<void>{};
}

Result<void> LiveSource::Impl::say_host_files(Deadline until, RecordSink& sink) {
  for (const Fact& fact : host_files.news(until)) {
    if (auto done = send(fact, sink); !done) {
      return done;
    }
  }
  return {};
}

Result<void> LiveSource::Impl::pass(RecordSink& sink) {
  auto done = say_clock(sink);
  const std::uint64_t before_ns = clock_ns(CLOCK_MONOTONIC);
  const std::uint64_t missed = session->misses();
  const std::uint64_t time_ns = clock_ns(CLOCK_MONOTONIC);
  if (done) {
    done = write_tick(time_ns, missed,
                      time_ns - before_ns <= WP_MISSED_READ_NS ? WP_TICK_MISSED_THEN : 0, sink);
  }
  if (done) {
    done = drain(sink);
  }
  if (done) {
    done = names.irq_news({}, sink);
  }
  if (done) {
    done = say_host_files({}, sink);
  }
  renew_names();
  if (done) {
    done = cost->say(*session, time_ns, false, sink);
  }
  return done ? say_cpus_without_ring(sink) : done;
}

Result<void> LiveSource::Impl::last_pass(RecordSink& sink, std::uint64_t end_ns) {
  auto done = write_tick(end_ns, session->misses(), 0, sink);
  if (done) {
    done = drain(sink);
  }
  return done ? say_cpus_without_ring(sink) : done;
}

void LiveSource::Impl::sleep() const {
  if (state == State::backlog) {
    return;
  }
  const auto ns = static_cast<long>(pace->sleep_ns());
  const timespec time{ns / 1'000'000'000, ns % 1'000'000'000};
  ::nanosleep(&time, nullptr);  // a signal ends it early: so it should
}

bool LiveSource::Impl::short_of_written() const {
  for (std::uint32_t cpu = 0; cpu < received.size(); ++cpu) {
    if (received[cpu] < session->counts(cpu).written) {
      return true;
    }
  }
  return false;
}

Result<void> LiveSource::Impl::say_cpus_without_ring(RecordSink& sink) {
  for (std::uint32_t cpu = 0; cpu < received.size(); ++cpu) {
    const auto& rings = session->rings();
    const bool has_ring = std::any_of(rings.begin(), rings.end(),
                                      [&](const CpuRings& ring) { return ring.cpu == cpu; });
    if (has_ring || told_without_ring.contains(cpu) || session->counts(cpu).failed == 0) {
      continue;
    }
    told_without_ring.insert(cpu);
    const NoticeFact notice{
        WP_ADVICE_CPU_WITHOUT_RING, cpu,
        "CPU " + std::to_string(cpu) +
            " came online during the capture: its events are lost; start again"};
    if (auto done = send(notice, sink); !done) {
      return done;
    }
  }
  return {};
}

// An address may be given to another irqaction or module function, a VM may get another name: all
// is named again now and then.
void LiveSource::Impl::renew_names() {
  constexpr std::uint64_t kEveryNs = 10'000'000'000;
  const std::uint64_t now = clock_ns(CLOCK_MONOTONIC);
  if (now > names_renewed_ns + kEveryNs) {
    names_renewed_ns = now;
    session->forget_names();
  }
}

Result<void> LiveSource::Impl::check_counts(RecordSink& sink) {
  for (std::uint32_t cpu = 0; cpu < received.size(); ++cpu) {
    const std::uint64_t written = session->counts(cpu).written;
    if (written <= received[cpu]) {
      continue;
    }
    const NoticeFact notice{WP_ADVICE_COUNT_MISMATCH, written - received[cpu],
                            "CPU " + std::to_string(cpu) + ": " + std::to_string(written) +
                                " events were stored, " + std::to_string(received[cpu]) +
                                " were received; please report this"};
    if (auto done = send(notice, sink); !done) {
      return done;
    }
  }
  return {};
}

Result<void> LiveSource::Impl::end(RecordSink& sink) {
  // Nothing is captured after this, however long the detaching takes.
  session->capture(false);
  const std::uint64_t end_ns = clock_ns(CLOCK_MONOTONIC);
  session->detach();
  do {
    if (auto done = last_pass(sink, end_ns); !done) {
      return done;
    }
  } while (state == State::backlog);
  // A program may have been preempted between its reservation and its end: what lies behind it in
  // the ring waits for it.
  for (int tries = 0; tries < 100 && short_of_written(); ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (auto done = last_pass(sink, end_ns); !done) {
      return done;
    }
  }
  const Deadline until = end_of_patience();
  if (auto done = names.irq_news(until, sink); !done) {
    return done;
  }
  if (auto done = say_host_files(until, sink); !done) {
    return done;
  }
  if (auto done = cost->say(*session, end_ns, true, sink); !done) {
    return done;
  }
  if (options.program_stats) {
    if (auto done = send(capture_fact(session->names()), sink); !done) {
      return done;
    }
    for (const ProgramRuns& program : session->program_runs()) {
      const ProgramFact fact{program.name, program.runs, program.run_time_ns, program.misses};
      if (auto done = send(fact, sink); !done) {
        return done;
      }
    }
  }
  if (auto done = check_counts(sink); !done) {
    return done;
  }
  return write_tick(end_ns, session->misses(), WP_TICK_ALL | WP_TICK_LAST, sink);
}

LiveSource::LiveSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LiveSource::~LiveSource() = default;

Result<std::unique_ptr<LiveSource>> LiveSource::open(const CaptureOptions& options,
                                                     guest::Guest* guest) {
  // First what nobody can mend on this host, then what a privilege would.
  const auto features = probe_features();
  if (!features) {
    return tl::unexpected(features.error());
  }
  for (const auto need : {need_kvm, need_permission, need_ring_buffer}) {
    if (auto met = need(); !met) {
      return tl::unexpected(met.error());
    }
  }
  const auto plan = make_plan(*features, options.events);
  if (!plan) {
    return tl::unexpected(plan.error());
  }
  const auto cpus = host::read_cpus("/");
  if (!cpus) {
    return tl::unexpected(cpus.error());
  }
  const auto bytes = ring_size(options.ring_bytes, cpus->online.list().size(),
                               static_cast<std::size_t>(::getpagesize()));
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }

  auto impl = std::make_unique<Impl>();
  impl->options = options;
  impl->ring_bytes = *bytes;
  impl->pace.emplace(static_cast<std::uint64_t>(options.poll.count()), bytes->events);
  impl->reader_cpus = host::housekeeping(*cpus);
  impl->received.resize(cpus->possible);
  impl->ticks = std::make_unique<record::TickWriter>(cpus->possible);
  impl->facts.push_back(
      host_fact(cpus->possible, features->bg_timer_offset.value_or(0), options.options_text));
  impl->facts.push_back(impl->capture_fact(0));
  for (const PlannedEvent& event : plan->events) {
    impl->facts.emplace_back(
        EventFact{event.enabled, std::string(event.tracepoint->name), event.reason});
  }
  auto session =
      BpfSession::load(*plan, {cpus->possible, cpus->online, *bytes, options.program_stats});
  if (!session) {
    return tl::unexpected(session.error());
  }
  impl->session = std::move(*session);
  auto found = impl->session->look_around();
  if (!found) {
    return tl::unexpected(found.error());
  }
  const std::uint32_t own_tgid = impl->session->own_tgid();
  const bool sees_all = host::read_own_pid("/") == own_tgid;
  if (!sees_all) {
    impl->facts.emplace_back(
        NoticeFact{WP_ADVICE_OTHER_PROC, 0,
                   "/proc shows another PID namespace than the kernel's own: VMs may be "
                   "called by their process's short name (run on the host, or with its "
                   "PID namespace: --pid=host, hostPID)"});
  }
  impl->names = NameBook({guest == nullptr ? 0 : own_tgid, sees_all, "/"}, options.irqs);
  const auto read = features->names_functions ? Result<void>{} : impl->names.read_symbols();
  if (!read) {
    impl->facts.emplace_back(NoticeFact{WP_ADVICE_SYMBOLS_HIDDEN, 0,
                                        read.error().message + " (" + read.error().fix + ")"});
  }
  if (guest != nullptr) {
    impl->guest = std::make_unique<GuestReports>(*guest);
  }
  if (auto done = impl->session->attach(); !done) {
    return tl::unexpected(done.error());
  }
  impl->begin_ns = clock_ns(CLOCK_MONOTONIC);
  impl->session->capture(true);
  // Attaching took its time: who slept before may be awake now, and without an event of it we would
  // not know.
  const auto now = impl->session->look_around();
  if (!now) {
    return tl::unexpected(now.error());
  }
  impl->vcpus = both_looks(std::move(*found), *now);
  return std::unique_ptr<LiveSource>(new LiveSource(std::move(impl)));
}

Result<bool> LiveSource::pump(RecordSink& sink) {
  Impl& me = *impl_;
  if (me.state == Impl::State::ended) {
    return false;
  }
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
  if (!done) {
    me.state = Impl::State::ended;
    return tl::unexpected(done.error());
  }
  if (last) {
    me.state = Impl::State::ended;
  }
  return !last;
}

void LiveSource::stop() { impl_->stopping = true; }

}  // namespace wakepath::capture
