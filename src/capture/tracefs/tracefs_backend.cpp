// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/tracefs/tracefs_backend.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "capture/backend.hpp"
#include "capture/capture_loop.hpp"
#include "capture/host_fact.hpp"
#include "capture/ring_plan.hpp"
#include "capture/tracefs/cpu_pages.hpp"
#include "capture/tracefs/formats.hpp"
#include "capture/tracefs/host_names.hpp"
#include "capture/tracefs/instance.hpp"
#include "capture/tracefs/plan.hpp"
#include "host/host_facts.hpp"
#include "import/record_maker.hpp"

namespace wakepath::capture {

namespace {

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

class TracefsBackend final : public Backend {
 public:
  TracefsBackend(const CaptureOptions& options, const RingPlan& rings, TracefsInstance instance,
                 Formats formats, std::uint32_t guest_tgid)
      : instance_(std::move(instance)),
        formats_(std::move(formats)),
        possible_(rings.cpus.possible),
        threads_("/", in_first_pid_namespace()),
        names_({guest_tgid, threads_.sees_all(), "/"}, options.irqs),
        facts_(threads_, names_),
        maker_(facts_),
        told_(threads_, maker_),
        events_(*formats_, possible_,
                [this](std::uint64_t address) {
                  return symbols_ ? symbols_->name(address).value_or("") : std::string();
                }),
        most_pages_(std::max<std::size_t>(2 * rings.bytes.events / rings.page, 1)) {}

  void add_first_facts(const CaptureOptions& options, const RingPlan& rings,
                       const std::vector<PlannedEvent>& plan, const std::string& reason);
  void read_symbols();
  Result<void> enable(const std::vector<PlannedEvent>& plan);
  Result<void> open_pages(std::size_t page);
  Result<void> start() { return instance_->tracing(true); }

  std::vector<Fact> first_facts() override { return std::exchange(first_, {}); }
  Result<void> begin(RecordSink& sink) override;
  Result<Taken> take(RecordSink& sink) override;
  Result<void> renew_names(std::uint64_t now_ns) override { return facts_.renew(now_ns); }
  Result<void> stop() override { return instance_->tracing(false); }
  Result<Taken> take_rest(RecordSink& sink) override;
  Result<void> finish(RecordSink& sink) override;
  NameBook& names() override { return names_; }

 private:
  // The most that came of one CPU, in bytes.
  Result<std::size_t> read_pages();
  Result<void> report_losses();

  std::optional<TracefsInstance> instance_;
  Formats formats_;
  std::optional<host::Symbols> symbols_;
  std::uint32_t possible_;
  ThreadBook threads_;
  NameBook names_;
  FactTeller facts_;
  foreign::RecordMaker maker_;
  ThreadTeller told_;
  foreign::TepEvents events_;
  std::size_t most_pages_;
  std::vector<CpuPages> pages_;
  std::vector<Fact> first_;  // for the start of the stream
};

void TracefsBackend::add_first_facts(const CaptureOptions& options, const RingPlan& rings,
                                     const std::vector<PlannedEvent>& plan,
                                     const std::string& reason) {
  first_.push_back(host_fact(possible_, 0, options.options_text));
  first_.push_back(
      CaptureFact{rings.bytes.events, static_cast<std::uint64_t>(options.poll.count()), 1000, 0});
  for (const PlannedEvent& event : plan) {
    first_.push_back(event_fact(event));
  }
  first_.push_back(notice(WP_ADVICE_OTHER, "captured through tracefs" +
                                               (reason.empty() ? "" : ", not BPF: " + reason)));
  if (!threads_.sees_all()) {
    first_.push_back(notice(WP_ADVICE_OTHER_PROC,
                            "/proc shows another PID namespace than the kernel's own: VMs are "
                            "called by their vCPU's thread (run on the host, or with its PID "
                            "namespace: --pid=host, hostPID)"));
  }
}

void TracefsBackend::read_symbols() {
  auto read = host::Symbols::read("/");
  if (read && !read->restricted()) {
    symbols_ = std::move(*read);
    return;
  }
  first_.push_back(notice(WP_ADVICE_SYMBOLS_HIDDEN,
                          "the kernel hides its symbols, functions have no names (sysctl "
                          "kernel.kptr_restrict=1, and CAP_SYSLOG)"));
}

Result<void> TracefsBackend::enable(const std::vector<PlannedEvent>& plan) {
  for (const PlannedEvent& event : plan) {
    if (event.enabled) {
      WAKEPATH_CHECK(instance_->enable(std::string(event.tracepoint->system),
                                       std::string(event.tracepoint->name)));
    }
  }
  return {};
}

Result<void> TracefsBackend::open_pages(std::size_t page) {
  for (std::uint32_t cpu = 0; cpu < possible_; ++cpu) {
    if (Fd pages = instance_->open_pages(cpu)) {
      pages_.emplace_back(cpu, std::move(pages), page);
    } else if (errno != ENOENT && errno != ENODEV) {
      return fail(
          ErrorKind::unsupported,
          fmt::format("the buffer of CPU {} can't be opened: {}", cpu, std::strerror(errno)),
          errno == EMFILE ? "ulimit -n 65536" : "");
    }
  }
  return {};
}

Result<void> TracefsBackend::begin(RecordSink& sink) {
  facts_.send_to(sink);
  foreign::TraceInfo info;
  info.form = "tracefs";
  info.clock = foreign::TraceClock::monotonic;
  info.clock_name = "mono";
  info.resolution_ns = 1;
  info.cpus = possible_;
  WAKEPATH_CHECK(maker_.about(info));
  // CPUs are read one after the other, so take() says up to which time all of them were read.
  return maker_.seen_until(0);
}

Result<std::size_t> TracefsBackend::read_pages() {
  std::size_t most = 0;
  for (CpuPages& cpu : pages_) {
    WAKEPATH_TRY(const std::size_t taken, cpu.drain(events_, told_, most_pages_));
    most = std::max(most, taken);
  }
  return most;
}

Result<Backend::Taken> TracefsBackend::take(RecordSink& sink) {
  facts_.send_to(sink);
  const std::uint64_t before_ns = clock_ns(CLOCK_MONOTONIC);
  WAKEPATH_TRY(const std::size_t most, read_pages());
  WAKEPATH_CHECK(maker_.seen_until(before_ns - std::min(before_ns, kHoldBackNs)));
  return Taken{most, false};
}

Result<void> TracefsBackend::report_losses() {
  for (const CpuPages& cpu : pages_) {
    const std::uint64_t lost = instance_->lost(cpu.cpu());
    if (lost > cpu.lost()) {
      WAKEPATH_CHECK(maker_.lost({cpu.cpu(), lost - cpu.lost()}));
    }
  }
  return {};
}

Result<Backend::Taken> TracefsBackend::take_rest(RecordSink& sink) {
  facts_.send_to(sink);
  WAKEPATH_TRY(const std::size_t most, read_pages());
  if (most == 0) {
    WAKEPATH_CHECK(report_losses());
    pages_.clear();
    instance_.reset();
  }
  return Taken{most, most != 0};
}

Result<void> TracefsBackend::finish(RecordSink& sink) {
  facts_.send_to(sink);
  return maker_.finish();
}

Result<std::vector<PlannedEvent>> plan_events(const EventSet& events) {
  utsname host{};
  ::uname(&host);
  return tracefs_plan(events, host.machine, [](std::string_view system, std::string_view name) {
    return ::tracefs_event_file_exists(nullptr, std::string(system).c_str(),
                                       std::string(name).c_str(), "enable");
  });
}

}  // namespace

Result<void> need_tracefs() {
  WAKEPATH_CHECK(find_tracefs());
  return {};
}

Result<std::unique_ptr<CaptureSource>> open_tracefs_capture(const CaptureOptions& options,
                                                            guest::Guest* guest,
                                                            const std::string& reason) {
  WAKEPATH_CHECK(need_wanted_kvm(options));
  WAKEPATH_CHECK(need_tracefs());
  WAKEPATH_TRY(const RingPlan rings, plan_rings(options));
  WAKEPATH_TRY(const std::vector<PlannedEvent> plan, plan_events(options.events));
  WAKEPATH_TRY(Formats formats, read_formats(plan));
  WAKEPATH_TRY(TracefsInstance instance, TracefsInstance::create(rings.bytes.events));
  const std::uint32_t guest_tgid = guest == nullptr ? 0 : static_cast<std::uint32_t>(::getpid());
  auto backend = std::make_unique<TracefsBackend>(options, rings, std::move(instance),
                                                  std::move(formats), guest_tgid);
  backend->add_first_facts(options, rings, plan, reason);
  backend->read_symbols();
  WAKEPATH_CHECK(backend->enable(plan));
  WAKEPATH_CHECK(backend->open_pages(rings.page));
  WAKEPATH_CHECK(backend->start());
  return std::make_unique<CaptureLoop>(std::move(backend), options, rings, guest);
}

}  // namespace wakepath::capture
