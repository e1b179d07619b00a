// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/capture_loop.hpp"

#include <ctime>
#include <utility>

#include "capture/host_fact.hpp"
#include "capture/reader_cpus.hpp"

namespace wakepath::capture {

CaptureLoop::CaptureLoop(std::unique_ptr<Backend> backend, const CaptureOptions& options,
                         const RingPlan& rings, guest::Guest* guest)
    : backend_(std::move(backend)),
      read_host_files_(options.host_files),
      reader_cpus_(host::housekeeping(rings.cpus)),
      aliases_(record::AddressAliases::random_key()),
      pace_(static_cast<std::uint64_t>(options.poll.count()), rings.bytes.events),
      guest_(guest == nullptr ? nullptr : std::make_unique<GuestReports>(*guest)) {}

Result<void> CaptureLoop::begin(RecordSink& sink) {
  run_reader_on(reader_cpus_);
  for (const Fact& fact : backend_->first_facts()) {
    WAKEPATH_CHECK(send(fact, sink));
    if (const auto* host = std::get_if<HostFact>(&fact)) {
      time_of_day_.told(host->realtime_offset_ns);
    }
  }
  host_files_.begin(read_host_files_);
  state_ = State::running;
  return backend_->begin(sink);
}

Result<void> CaptureLoop::round(RecordSink& sink) {
  WAKEPATH_TRY(const Backend::Taken taken, backend_->take(sink));
  more_ = taken.more;
  pace_.drained(clock_ns(CLOCK_MONOTONIC), taken.most_bytes);
  WAKEPATH_CHECK(take_guest_reports(sink));
  WAKEPATH_CHECK(backend_->names().irq_news({}, sink));
  WAKEPATH_CHECK(send_host_files({}, sink));
  WAKEPATH_CHECK(send_time_of_day(sink));
  WAKEPATH_CHECK(renew_names());
  return backend_->report(sink);
}

Result<void> CaptureLoop::end(RecordSink& sink) {
  WAKEPATH_CHECK(backend_->stop());
  for (bool more = true; more;) {
    WAKEPATH_TRY(const Backend::Taken taken, backend_->take_rest(sink));
    WAKEPATH_CHECK(take_guest_reports(sink));
    more = taken.more;
  }
  const Deadline until = last_deadline();
  WAKEPATH_CHECK(backend_->names().irq_news(until, sink));
  WAKEPATH_CHECK(send_host_files(until, sink));
  return backend_->finish(sink);
}

Result<void> CaptureLoop::take_guest_reports(RecordSink& sink) {
  return guest_ ? guest_->drain(backend_->names(), sink) : Result<void>{};
}

Result<void> CaptureLoop::send_host_files(Deadline until, RecordSink& sink) {
  for (const Fact& fact : host_files_.news(until)) {
    WAKEPATH_CHECK(send(fact, sink));
  }
  return {};
}

Result<void> CaptureLoop::send_time_of_day(RecordSink& sink) {
  const auto fact = time_of_day_.news(clock_ns(CLOCK_MONOTONIC));
  return fact ? send(*fact, sink) : Result<void>{};
}

// An address may be given to another irqaction or function of a module, and a VM may get another
// name.
Result<void> CaptureLoop::renew_names() {
  constexpr std::uint64_t kNamesEveryNs = 10'000'000'000;
  const std::uint64_t now = clock_ns(CLOCK_MONOTONIC);
  if (now <= names_renewed_ns_ + kNamesEveryNs) {
    return {};
  }
  names_renewed_ns_ = now;
  return backend_->renew_names(now);
}

void CaptureLoop::sleep() const {
  if (more_) {
    return;
  }
  const auto ns = static_cast<long>(pace_.sleep_ns());
  const timespec time{ns / 1'000'000'000, ns % 1'000'000'000};
  ::nanosleep(&time, nullptr);  // a signal ends it early: so it should
}

Result<bool> CaptureLoop::pump(RecordSink& sink) {
  if (state_ == State::ended) {
    return false;
  }
  record::AliasingSink aliased(aliases_, sink);
  Result<void> done;
  if (state_ == State::begin) {
    done = begin(aliased);
  } else if (!stopping_) {
    sleep();
  }
  const bool last = stopping_;
  if (done) {
    done = last ? end(aliased) : round(aliased);
  }
  if (!done || last) {
    state_ = State::ended;
  }
  WAKEPATH_CHECK(done);
  return !last;
}

}  // namespace wakepath::capture
