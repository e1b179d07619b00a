// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/bpf_backend.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "capture/backend.hpp"
#include "capture/bpf/bpf_session.hpp"
#include "capture/bpf/cpu_drain.hpp"
#include "capture/bpf/found_vcpus.hpp"
#include "capture/bpf/kernel_btf.hpp"
#include "capture/bpf/own_cost.hpp"
#include "capture/capture_loop.hpp"
#include "capture/host_fact.hpp"
#include "capture/name_book.hpp"
#include "capture/privileges.hpp"
#include "capture/ring_plan.hpp"
#include "host/host_facts.hpp"
#include "record/batch_joiner.hpp"
#include "record/tick_writer.hpp"

namespace wakepath::capture {

namespace {

class BpfBackend final : public Backend {
 public:
  BpfBackend(const CaptureOptions& options, const RingPlan& rings)
      : options_(options),
        rings_(rings),
        ticks_(rings.cpus.possible),
        cost_(options.program_stats),
        received_(rings.cpus.possible) {}

  // Errors as open_bpf_capture().
  Result<void> open(const Features& features, bool has_guest);

  std::vector<Fact> first_facts() override { return std::exchange(facts_, {}); }
  Result<void> begin(RecordSink& sink) override;
  Result<Taken> take(RecordSink& sink) override;
  Result<void> report(RecordSink& sink) override;
  Result<void> renew_names(std::uint64_t now_ns) override;
  Result<void> stop() override;
  Result<Taken> take_rest(RecordSink& sink) override;
  Result<void> finish(RecordSink& sink) override;
  NameBook& names() override { return names_; }

 private:
  void add_first_facts(const Features& features, const AttachPlan& plan);
  void make_names(const Features& features, bool has_guest);
  Result<void> attach(std::vector<wp_vcpu> found);

  Result<Taken> drain(RecordSink& sink);
  Result<void> write_tick(std::uint64_t now_ns, std::uint64_t missed, std::uint32_t flags,
                          RecordSink& sink);
  Result<void> send_clock(RecordSink& sink);
  Result<void> send_program_runs(RecordSink& sink);
  Result<void> check_counts(RecordSink& sink);
  [[nodiscard]] bool received_all() const;
  Result<void> report_cpus_without_ring(RecordSink& sink);
  [[nodiscard]] Fact capture_fact(std::uint64_t attempts) const;

  CaptureOptions options_;
  RingPlan rings_;
  std::unique_ptr<BpfSession> session_;
  record::TickWriter ticks_;
  OwnCost cost_;
  NameBook names_{{}};
  record::BatchJoiner joiner_;
  std::vector<Fact> facts_;              // for the start of the stream
  std::vector<wp_vcpu> vcpus_;           // for the start of the stream
  std::vector<std::uint64_t> received_;  // events, by CPU
  std::set<std::uint32_t> reported_without_ring_;
  std::uint64_t begin_ns_{};
  std::uint64_t round_ns_{};  // when the last round began
  std::uint64_t end_ns_{};
  std::uint64_t clock_sent_ns_{0};
  int waits_{0};  // for events that programs had begun to write when the capture ended
};

Fact BpfBackend::capture_fact(std::uint64_t attempts) const {
  return CaptureFact{rings_.bytes.events, static_cast<std::uint64_t>(options_.poll.count()),
                     WP_HOLD_BACK_NS, attempts};
}

void BpfBackend::add_first_facts(const Features& features, const AttachPlan& plan) {
  facts_.push_back(
      host_fact(rings_.cpus.possible, features.bg_timer_offset.value_or(0), options_.options_text));
  facts_.push_back(capture_fact(0));
  for (const PlannedEvent& event : plan.events) {
    facts_.emplace_back(
        EventFact{event.enabled, std::string(event.tracepoint->name), event.reason});
  }
}

void BpfBackend::make_names(const Features& features, bool has_guest) {
  const std::uint32_t own_tgid = session_->own_tgid();
  const bool sees_all = host::read_own_pid("/") == own_tgid;
  if (!sees_all) {
    facts_.emplace_back(
        NoticeFact{WP_ADVICE_OTHER_PROC, 0,
                   "/proc shows another PID namespace than the kernel's own: VMs may be "
                   "called by their process's short name (run on the host, or with its "
                   "PID namespace: --pid=host, hostPID)"});
  }
  names_ = NameBook({has_guest ? own_tgid : 0, sees_all, "/"}, options_.irqs);
  const auto read = features.names_functions ? Result<void>{} : names_.read_symbols();
  if (!read) {
    facts_.emplace_back(NoticeFact{WP_ADVICE_SYMBOLS_HIDDEN, 0,
                                   read.error().message + " (" + read.error().fix + ")"});
  }
}

Result<void> BpfBackend::attach(std::vector<wp_vcpu> found) {
  WAKEPATH_CHECK(session_->attach());
  begin_ns_ = clock_ns(CLOCK_MONOTONIC);
  session_->capture(true);
  // Attaching took its time. A thread that slept before may be awake now, and no event told it.
  WAKEPATH_TRY(const std::vector<wp_vcpu> now, session_->look_around());
  vcpus_ = merge_found_vcpus(std::move(found), now);
  return {};
}

Result<void> BpfBackend::open(const Features& features, bool has_guest) {
  WAKEPATH_TRY(const AttachPlan plan, make_plan(features, options_.events));
  add_first_facts(features, plan);
  WAKEPATH_TRY(session_, BpfSession::load(plan, {rings_.cpus.possible, rings_.cpus.online,
                                                 rings_.bytes, options_.program_stats}));
  WAKEPATH_TRY(std::vector<wp_vcpu> found, session_->look_around());
  make_names(features, has_guest);
  cost_.ask(*session_);
  return attach(std::move(found));
}

Result<void> BpfBackend::begin(RecordSink& sink) {
  cost_.begin(clock_ns(CLOCK_MONOTONIC));
  for (const wp_vcpu& vcpu : std::exchange(vcpus_, {})) {
    WAKEPATH_CHECK(names_.vcpu(vcpu, 0, sink));
  }
  return ticks_.write_first(begin_ns_, sink);
}

Result<Backend::Taken> BpfBackend::drain(RecordSink& sink) {
  Taken taken;
  for (CpuRings& rings : session_->rings()) {
    // What counts is how full a ring is, so the side ring's bytes are scaled to the other's size.
    const std::size_t scale = rings_.bytes.events / rings.side.bytes();
    taken.most_bytes = std::max({taken.most_bytes, rings.side.pending() * scale,
                                 rings.events ? rings.events->pending() : 0});
    WAKEPATH_TRY(const bool more, drain_cpu(rings, received_[rings.cpu], names_, joiner_, sink));
    WAKEPATH_CHECK(joiner_.flush(sink));
    taken.more = taken.more || more;
  }
  return taken;
}

Result<void> BpfBackend::write_tick(std::uint64_t now_ns, std::uint64_t missed, std::uint32_t flags,
                                    RecordSink& sink) {
  const auto totals = [this](std::uint32_t cpu) {
    const EventCounts counts = session_->counts(cpu);
    return wp_tick_cpu{cpu, static_cast<std::uint32_t>(received_[cpu]), counts.written,
                       counts.failed, counts.skipped};
  };
  return ticks_.write(now_ns, missed, totals, flags, sink);
}

// Where the guests' counters are on our clock: often enough that the clock's slewing does not show.
Result<void> BpfBackend::send_clock(RecordSink& sink) {
  constexpr std::uint64_t kClockEveryNs = 1'000'000'000;
  const std::uint64_t now = clock_ns(CLOCK_MONOTONIC);
  if (clock_sent_ns_ != 0 && now - clock_sent_ns_ < kClockEveryNs) {
    return {};
  }
  clock_sent_ns_ = now;
  const auto pair = guest::read_clock_pair();
  return pair ? send(ClockFact{pair->counter, pair->monotonic_ns, pair->width_ns}, sink)
              : Result<void>{};
}

Result<Backend::Taken> BpfBackend::take(RecordSink& sink) {
  WAKEPATH_CHECK(send_clock(sink));
  const std::uint64_t before_ns = clock_ns(CLOCK_MONOTONIC);
  const std::uint64_t missed = session_->misses();
  round_ns_ = clock_ns(CLOCK_MONOTONIC);
  const bool at_once = round_ns_ - before_ns <= WP_MISSED_READ_NS;
  WAKEPATH_CHECK(write_tick(round_ns_, missed, at_once ? WP_TICK_MISSED_THEN : 0, sink));
  return drain(sink);
}

Result<void> BpfBackend::report(RecordSink& sink) {
  WAKEPATH_CHECK(cost_.say(*session_, round_ns_, false, sink));
  return report_cpus_without_ring(sink);
}

Result<void> BpfBackend::renew_names(std::uint64_t /*now_ns*/) {
  session_->forget_names();
  return {};
}

Result<void> BpfBackend::report_cpus_without_ring(RecordSink& sink) {
  for (std::uint32_t cpu = 0; cpu < received_.size(); ++cpu) {
    const auto& rings = session_->rings();
    const bool has_ring = std::any_of(rings.begin(), rings.end(),
                                      [&](const CpuRings& ring) { return ring.cpu == cpu; });
    if (has_ring || reported_without_ring_.contains(cpu) || session_->counts(cpu).failed == 0) {
      continue;
    }
    reported_without_ring_.insert(cpu);
    WAKEPATH_CHECK(
        send(NoticeFact{WP_ADVICE_CPU_WITHOUT_RING, cpu,
                        "CPU " + std::to_string(cpu) +
                            " came online during the capture: its events are lost; start again"},
             sink));
  }
  return {};
}

// Nothing is captured after end_ns_, however long the detaching takes.
Result<void> BpfBackend::stop() {
  session_->capture(false);
  end_ns_ = clock_ns(CLOCK_MONOTONIC);
  session_->detach();
  return {};
}

bool BpfBackend::received_all() const {
  for (std::uint32_t cpu = 0; cpu < received_.size(); ++cpu) {
    if (received_[cpu] < session_->counts(cpu).written) {
      return false;
    }
  }
  return true;
}

// A program may have been preempted between its reservation and its end: what lies behind it in the
// ring waits for it.
Result<Backend::Taken> BpfBackend::take_rest(RecordSink& sink) {
  constexpr int kMostWaits = 100;
  if (waits_ > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  WAKEPATH_CHECK(write_tick(end_ns_, session_->misses(), 0, sink));
  WAKEPATH_TRY(Taken taken, drain(sink));
  WAKEPATH_CHECK(report_cpus_without_ring(sink));
  if (!taken.more && waits_ < kMostWaits && !received_all()) {
    ++waits_;
    taken.more = true;
  }
  return taken;
}

Result<void> BpfBackend::send_program_runs(RecordSink& sink) {
  WAKEPATH_CHECK(send(capture_fact(session_->names()), sink));
  for (const ProgramRuns& program : session_->program_runs()) {
    WAKEPATH_CHECK(
        send(ProgramFact{program.name, program.runs, program.run_time_ns, program.misses}, sink));
  }
  return {};
}

Result<void> BpfBackend::check_counts(RecordSink& sink) {
  for (std::uint32_t cpu = 0; cpu < received_.size(); ++cpu) {
    const std::uint64_t written = session_->counts(cpu).written;
    if (written <= received_[cpu]) {
      continue;
    }
    WAKEPATH_CHECK(send(NoticeFact{WP_ADVICE_COUNT_MISMATCH, written - received_[cpu],
                                   "CPU " + std::to_string(cpu) + ": " + std::to_string(written) +
                                       " events were stored, " + std::to_string(received_[cpu]) +
                                       " were received; please report this"},
                        sink));
  }
  return {};
}

Result<void> BpfBackend::finish(RecordSink& sink) {
  WAKEPATH_CHECK(cost_.say(*session_, end_ns_, true, sink));
  if (options_.program_stats) {
    WAKEPATH_CHECK(send_program_runs(sink));
  }
  WAKEPATH_CHECK(check_counts(sink));
  return write_tick(end_ns_, session_->misses(), WP_TICK_ALL | WP_TICK_LAST, sink);
}

// First what nobody can mend on this host, then what a privilege would.
Result<void> need_all(const CaptureOptions& options, const Features& features) {
  WAKEPATH_CHECK(need_wanted_kvm(options));
  WAKEPATH_CHECK(need_permission());
  WAKEPATH_CHECK(need_ring_buffer());
  if (features.has_kvm() && !features.has_vcpu_layout) {
    return fail(ErrorKind::unsupported,
                "this kernel's KVM has no BTF: which thread is a vCPU can't be read",
                "run a kernel that was built with CONFIG_DEBUG_INFO_BTF_MODULES=y");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<CaptureSource>> open_bpf_capture(const CaptureOptions& options,
                                                        guest::Guest* guest) {
  WAKEPATH_TRY(const Features features, probe_features());
  WAKEPATH_CHECK(need_all(options, features));
  WAKEPATH_TRY(const RingPlan rings, plan_rings(options));
  auto backend = std::make_unique<BpfBackend>(options, rings);
  WAKEPATH_CHECK(backend->open(features, guest != nullptr));
  return std::make_unique<CaptureLoop>(std::move(backend), options, rings, guest);
}

}  // namespace wakepath::capture
