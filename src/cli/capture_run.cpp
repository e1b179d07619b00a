// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/capture_run.hpp"

#include "capture/bpf/live_source.hpp"
#include "capture/tracefs/tracefs_source.hpp"
#include "cli/interrupt.hpp"
#include "host/tree_facts.hpp"
#include "interrupts/irq_reading.hpp"

namespace wakepath::cli {

namespace {

using Source = std::unique_ptr<capture::CaptureSource>;

Result<Source> through_tracefs(const capture::CaptureOptions& options, guest::Guest* guest,
                               const std::string& reason) {
  auto source = capture::TracefsSource::open(options, guest, reason);
  return source ? Result<Source>(std::move(*source)) : tl::unexpected(source.error());
}

// Neither works.
tl::unexpected<Error> both(const Error& bpf, const Error& tracefs) {
  if (bpf.message == tracefs.message || bpf.kind == ErrorKind::not_permitted) {
    return tl::unexpected(bpf);
  }
  return fail(bpf.kind, bpf.message + "; without BPF: " + tracefs.message,
              tracefs.fix.empty() ? bpf.fix : tracefs.fix);
}

Result<Source> open_source(Backend backend, const capture::CaptureOptions& options,
                           guest::Guest* guest, Console& console) {
  if (backend == Backend::tracefs) {
    return through_tracefs(options, guest, {});
  }
  auto bpf = capture::LiveSource::open(options, guest);
  if (bpf) {
    return Source(std::move(*bpf));
  }
  const Error& error = bpf.error();
  const bool elsewhere =
      error.kind == ErrorKind::unsupported || error.kind == ErrorKind::not_permitted;
  if (backend == Backend::bpf || !elsewhere) {
    return tl::unexpected(error);
  }
  auto other = through_tracefs(options, guest, error.message);
  if (!other) {
    return both(error, other.error());
  }
  console.say("captures through tracefs: " + error.message);
  return other;
}

}  // namespace

Result<CaptureRun> CaptureRun::open(const CaptureArguments& arguments,
                                    const std::string& command_line, Console& console) {
  CaptureRun run;
  run.duration_ = arguments.duration;
  if (arguments.guest) {
    auto guest = guest::Guest::create(*arguments.guest);
    if (!guest) {
      return tl::unexpected(guest.error());
    }
    run.guest_ = std::move(*guest);
  }
  capture::CaptureOptions options;
  options.events = arguments.events;
  options.ring_bytes = arguments.ring_bytes;
  options.poll = arguments.poll;
  options.program_stats = arguments.stats;
  options.options_text = command_line;
  options.irqs = interrupts::read_irq_sources;
  if (arguments.host_files) {
    options.host_files = host::read_tree_facts;
  }
  auto source = open_source(arguments.backend, options, run.guest_.get(), console);
  if (!source) {
    return tl::unexpected(source.error());
  }
  run.source_ = std::move(*source);
  return run;
}

Result<void> CaptureRun::end_guest() { return guest_ ? guest_->stop() : Result<void>{}; }

Result<void> CaptureRun::run(RecordSink& sink, const std::function<Result<bool>()>& go_on) {
  using Clock = std::chrono::steady_clock;
  const Interrupt interrupt;
  if (guest_) {
    if (auto started = guest_->start(); !started) {
      return started;
    }
  }
  const Clock::time_point start = Clock::now();
  Result<void> result;
  bool stopping = false;
  while (true) {
    auto more = source_->pump(sink);
    if (!more) {
      static_cast<void>(end_guest());
      return tl::unexpected(more.error());
    }
    auto wanted = go_on();
    if (!wanted) {
      static_cast<void>(end_guest());
      return tl::unexpected(wanted.error());
    }
    if (!*more) {
      return result;
    }
    const bool over = duration_ && Clock::now() - start >= *duration_;
    if (!stopping && (over || interrupt.asked() || !*wanted)) {
      // The guest first: no wake of it is cut by the end of the capture.
      result = end_guest();
      source_->stop();
      stopping = true;
    }
  }
}

}  // namespace wakepath::cli
