// SPDX-License-Identifier: GPL-2.0-or-later
// A case as a person writes it down, as the records that a capture would have made of it.
//
//   # the host, and its threads
//   host kernel=6.1.0 arch=aarch64 cpus=2 hz=62500000
//   event kvm_exit off reason="not asked for"
//   vm 95 tgid=95 name=guest
//   thread vcpu 96 "CPU 0/KVM" vm=95 index=0
//   thread later 96 "CPU 0/KVM" vm=70 index=0 since=15_000_000 state=asleep|on_cpu|waiting
//   thread kworker 93 kworker/1:2
//   thread softirqd 16 ksoftirqd/0 kthread
//   irq 57 virtio2-input.0 device=eth1 queue=input.0 bus=pci address=0000:04:00.0 given_to=web
//   (and driver= description= affinity= effective= managed=yes|no)
//   clock counter=62_500_000 at=1_000_000_000
//   begin 1_000_000
//   # time     cpu task  event                 fields
//   2_000_000  1   vcpu  sched_switch          next=idle state=S
//   12_000_000 1   idle  irq_handler_entry     irq=13 name=arch_timer
//   12_000_028 1   idle  hrtimer_expire_entry  function=kvm_bg_timer_expire expiry=11_999_000
//   12_000_146 1   idle  sched_waking          task=vcpu
//   report 12_400_000 vcpu deadline=100 now=150
//   tick 20_000_000        the rings are drained here: the events above arrive now, CPU by CPU
//   lost cpu=1 count=3     could not be stored: the CPU's counter says so from its next event on
//   hidden cpu=1 count=2   stored, never read: only the totals know
//   missed 2               times that a program did not run
//   gap count=5            a part of the file is gone
//   poll 5_000_000         a tick each so many ns from here on
//   end 90_000_000
//
// Ticks at the start and at the end are made where they are not given. Functions, timers, work
// items and IRQ actions are named; their addresses and facts follow. A waking, queueing or raise
// carries the context that the CPU's interrupts imply, unless it says
// context=task|softirq|hardirq|unknown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wakepath/facts.hpp"
#include "wakepath/record.hpp"

namespace wakepath::testing {

using RecordBytes = std::vector<std::byte>;

// A change to a scenario that a test must notice.
struct Damage {
  enum class How : std::uint8_t { told, silent };

  std::optional<std::size_t> dropped_event;  // by its place in the file, from 0
  How how{How::told};          // told: by the CPU's counter; silent: by the totals alone
  std::size_t dropped{1};      // so many from there on
  bool last_cpu_first{false};  // order in which the rings are drained

  [[nodiscard]] bool hits(std::size_t event) const {
    return dropped_event && event >= *dropped_event && event - *dropped_event < dropped;
  }
};

class Scenario {
 public:
  // An error names the line.
  static Result<Scenario> parse(std::string_view text);
  static Result<Scenario> read(const std::string& path);

  [[nodiscard]] std::size_t events() const { return events_; }
  // The event's line, for messages.
  [[nodiscard]] const std::string& line_of(std::size_t event) const { return event_lines_[event]; }
  [[nodiscard]] std::vector<RecordBytes> records(const Damage& damage = {}) const;

 private:
  friend class ScenarioParser;

  struct EventStep {
    std::uint32_t cpu{};
    std::uint64_t time_ns{};
    RecordBytes bytes;  // wp_event and its payload
    std::size_t number{};
  };
  struct TickStep {
    std::uint64_t time_ns{};
  };
  struct CountStep {
    enum class What : std::uint8_t { lost, hidden, missed, gap } what{};
    std::uint32_t cpu{};
    std::uint64_t count{};
  };
  struct ReportStep {
    wp_guest_report report{};
  };
  struct PollStep {
    std::uint64_t period_ns{};
  };
  using Step = std::variant<EventStep, TickStep, CountStep, ReportStep, PollStep>;

  std::vector<Fact> facts_;
  std::vector<Step> steps_;
  std::vector<std::string> event_lines_;
  std::optional<std::uint64_t> begin_ns_;
  std::optional<std::uint64_t> end_ns_;
  std::size_t events_{0};
};

// Hands records out one by one.
class RecordList final : public RecordSource {
 public:
  explicit RecordList(std::vector<RecordBytes> records) : records_(std::move(records)) {}
  Result<bool> pump(RecordSink& sink) override;

 private:
  std::vector<RecordBytes> records_;
  std::size_t next_{0};
};

Result<void> replay(const std::vector<RecordBytes>& records, RecordSink& sink);

}  // namespace wakepath::testing
