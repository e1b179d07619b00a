// SPDX-License-Identifier: GPL-2.0-or-later
// A capture from its first record to its last, over any backend: when to take events, when to look
// up names again, and what of the host and the embedded guest goes into the stream beside them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "capture/backend.hpp"
#include "capture/capture_source.hpp"
#include "capture/guest_reports.hpp"
#include "capture/host_fact.hpp"
#include "capture/host_files.hpp"
#include "capture/pace.hpp"
#include "capture/ring_plan.hpp"
#include "capture/time_of_day.hpp"
#include "guest/guest.hpp"
#include "record/address_aliases.hpp"
#include "util/cpu_set.hpp"

namespace wakepath::capture {

class CaptureLoop final : public CaptureSource {
 public:
  // `backend` captures already. `guest` may be null, and must outlive the loop: its reports become
  // records.
  CaptureLoop(std::unique_ptr<Backend> backend, const CaptureOptions& options,
              const RingPlan& rings, guest::Guest* guest);

  // Sleeps one poll interval, or less where the rings fill fast, then hands on what was captured.
  // After stop(): hands on the rest, and returns false. No record holds an address of the kernel.
  Result<bool> pump(RecordSink& sink) override;
  void stop() override { stopping_ = true; }

 private:
  Result<void> begin(RecordSink& sink);
  Result<void> round(RecordSink& sink);
  Result<void> end(RecordSink& sink);
  Result<void> take_guest_reports(RecordSink& sink);
  Result<void> send_host_files(Deadline until, RecordSink& sink);
  Result<void> send_time_of_day(RecordSink& sink);
  Result<void> renew_names();
  void sleep() const;

  std::unique_ptr<Backend> backend_;
  HostFiles::Read read_host_files_;
  CpuSet reader_cpus_;
  record::AddressAliases aliases_;
  Pace pace_;
  std::unique_ptr<GuestReports> guest_;
  HostFiles host_files_;
  TimeOfDay time_of_day_{realtime_offset_ns};
  std::uint64_t names_renewed_ns_{0};
  bool more_{false};  // the last round left events behind
  enum class State : std::uint8_t { begin, running, ended } state_{State::begin};
  std::atomic<bool> stopping_{false};
};

}  // namespace wakepath::capture
