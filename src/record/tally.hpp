// SPDX-License-Identifier: GPL-2.0-or-later
// Counts the contents of a stream of records, without reconstructing wakes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "util/realtime_offsets.hpp"
#include "wakepath/facts.hpp"
#include "wakepath/record.hpp"

namespace wakepath::record {

class Tally final : public RecordSink {
 public:
  struct Cpu {
    std::uint64_t written{};
    std::uint64_t failed{};
    std::uint64_t skipped{};
    // By when the stream began, where it begins in the midst of a capture.
    std::uint64_t failed_before{};
    std::uint64_t skipped_before{};
  };
  struct Vcpu {
    std::uint64_t index{};
    std::string thread;  // its name
  };
  struct Vm {
    std::string name;
    std::uint64_t tgid{};
    std::map<std::uint32_t, Vcpu> vcpus;  // by thread: where VMs are not known, numbers come twice
  };
  struct EventState {
    bool enabled{};
    std::string reason;
  };

  Result<void> record(RecordView view) override;

  [[nodiscard]] std::uint64_t events() const;
  [[nodiscard]] std::uint64_t lost() const;
  // False: at least so many.
  [[nodiscard]] bool lost_exact() const { return lost_exact_; }
  [[nodiscard]] std::uint64_t skipped() const;
  [[nodiscard]] const std::array<std::uint64_t, WP_EVENT_KINDS>& by_kind() const {
    return by_kind_;
  }
  [[nodiscard]] std::uint64_t unknown_events() const { return unknown_; }
  // That a pipeline could not read either.
  [[nodiscard]] std::uint64_t unreadable_records() const { return unreadable_; }
  [[nodiscard]] const std::map<std::uint32_t, Cpu>& cpus() const { return cpus_; }
  [[nodiscard]] const std::map<std::uint64_t, Vm>& vms() const { return vms_; }
  [[nodiscard]] const std::map<std::string, EventState>& event_states() const {
    return event_states_;
  }
  [[nodiscard]] const std::optional<HostFact>& host() const { return host_; }
  [[nodiscard]] const RealtimeOffsets& realtime_offsets() const { return realtime_offsets_; }
  [[nodiscard]] const std::optional<CaptureFact>& capture() const { return capture_; }
  // Why the recording was made, where a recorder cut it out of a capture; the first of many.
  [[nodiscard]] const std::optional<TriggerFact>& trigger() const { return trigger_; }
  [[nodiscard]] const std::vector<BreachFact>& breaches() const { return breaches_; }
  [[nodiscard]] std::uint64_t more_breaches() const { return more_breaches_; }
  [[nodiscard]] std::uint64_t guest_reports() const { return guest_reports_; }
  [[nodiscard]] std::uint64_t missed() const { return missed_ - missed_before_; }
  [[nodiscard]] std::uint64_t host_files() const { return host_files_; }
  // Interrupts and functions that have a name.
  [[nodiscard]] std::uint64_t irqs() const { return irqs_.size(); }
  [[nodiscard]] std::uint64_t symbols() const { return symbols_.size(); }
  [[nodiscard]] std::optional<std::uint64_t> first_ns() const { return first_ns_; }
  [[nodiscard]] std::optional<std::uint64_t> last_ns() const { return last_ns_; }

 private:
  void seen_at(std::uint64_t time_ns);
  void batch(RecordView view);
  void tick(RecordView view);
  void fact(RecordView view);
  void add(const VcpuFact& vcpu);
  void add(const BreachFact& breach);

  std::array<std::uint64_t, WP_EVENT_KINDS> by_kind_{};
  std::uint64_t unknown_{0};
  std::uint64_t unreadable_{0};
  std::map<std::uint32_t, Cpu> cpus_;
  std::map<std::uint64_t, Vm> vms_;
  std::map<std::string, EventState> event_states_;
  std::set<std::uint64_t> irqs_;     // addresses
  std::set<std::uint64_t> symbols_;  // addresses
  std::optional<HostFact> host_;
  std::optional<CaptureFact> capture_;
  RealtimeOffsets realtime_offsets_;
  std::optional<TriggerFact> trigger_;
  std::vector<BreachFact> breaches_;
  std::uint64_t more_breaches_{0};
  std::uint64_t guest_reports_{0};
  std::uint64_t host_files_{0};
  std::uint64_t missed_{0};
  std::uint64_t missed_before_{0};
  bool lost_exact_{true};
  std::optional<std::uint64_t> first_ns_;
  std::optional<std::uint64_t> last_ns_;
};

}  // namespace wakepath::record
