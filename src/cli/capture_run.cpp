// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/capture_run.hpp"

#include "capture/open_capture.hpp"
#include "cli/interrupt.hpp"
#include "host/tree_facts.hpp"
#include "interrupts/irq_reading.hpp"

namespace wakepath::cli {

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
  options.without_kvm = arguments.without_kvm;
  options.options_text = command_line;
  options.irqs = interrupts::read_irq_sources;
  if (arguments.host_files) {
    options.host_files = host::read_tree_facts;
  }
  WAKEPATH_TRY(auto opened, capture::open_capture(arguments.backend, options, run.guest_.get()));
  if (!opened.why_not_bpf.empty()) {
    console.say("captures through tracefs: " + opened.why_not_bpf);
  }
  run.source_ = std::move(opened.source);
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
