// SPDX-License-Identifier: GPL-2.0-or-later
// The facts of the stream so far: the host, its VMs and the names behind addresses.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reconstruct/tid_map.hpp"
#include "util/realtime_offsets.hpp"
#include "util/seeded_hash.hpp"
#include "wakepath/event.hpp"
#include "wakepath/facts.hpp"
#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::reconstruct {

struct IrqAction {
  InterruptPtr interrupt;  // never null
  bool guest_timer{};      // "kvm guest vtimer", "kvm guest ptimer": arch/arm64/kvm/arch_timer.c

  [[nodiscard]] const std::string& name() const { return interrupt->action; }
};

// A thread is a vCPU's for a time: before that, and after its exit, the same number may be another
// thread's. Facts run ahead of the events, so every question names a time.
struct VcpuThread {
  std::uint32_t vm{};  // key of the VM
  std::uint32_t index{};
  std::uint64_t kvm_vcpu{};  // address
  std::string comm;          // of its thread
  std::uint64_t since_ns{};  // 0: since before the capture
  std::optional<std::uint64_t> until_ns;
  std::uint32_t state{};  // WP_VCPU_*, at since_ns
};

class FactStore {
 public:
  void add(const Fact& fact);
  // One for each kind of fact.
  void add(const UnknownFact& /*fact*/) {}
  void add(const HostFact& fact);
  void add(const EventFact& fact);
  void add(const VmFact& fact);
  void add(const VcpuFact& fact);
  void add(const IrqFact& fact);
  void add(const SymbolFact& fact);
  void add(const ProgramFact& fact);
  void add(const CaptureFact& fact);
  void add(const NoticeFact& /*fact*/) {}
  void add(const ClockFact& fact);
  void add(const CostFact& fact);
  void add(const HostFileFact& /*fact*/) {}
  void add(const TraceFact& fact);
  void add(const ThreadFact& fact);
  void add(const TriggerFact& /*fact*/) {}
  void add(const BreachFact& /*fact*/) {}
  void add(const TimeOfDayFact& fact);
  // The thread has ended: the facts of it up to now are over.
  void exited(std::uint32_t tid, std::uint64_t at_ns);

  [[nodiscard]] const Header& header() const { return header_; }
  // Events of this kind are recorded.
  [[nodiscard]] bool sees(wp_event_kind kind) const { return seen_[kind]; }
  // Of a thread that no switch has named yet; null: not told.
  [[nodiscard]] const std::string* thread_name(std::uint32_t tid) const {
    return thread_names_.find(tid);
  }
  // The function's name, or its address as "0xffff..." where no fact names it.
  [[nodiscard]] std::string function(std::uint64_t address) const;
  // bg_timer of the vCPU `tid` is at this address: names its callback where kallsyms is closed.
  [[nodiscard]] bool is_bg_timer(std::uint32_t tid, std::uint64_t at_ns,
                                 std::uint64_t hrtimer) const;
  // The vCPU thread whose bg_timer is, or last was, at this address.
  [[nodiscard]] std::optional<std::uint32_t> bg_timer_owner(std::uint64_t hrtimer) const;
  // The vCPU thread whose struct kvm_vcpu is, or last was, at this address.
  [[nodiscard]] std::optional<std::uint32_t> kvm_vcpu_owner(std::uint64_t kvm_vcpu) const;
  // A value of the host's counter on CLOCK_MONOTONIC; nullopt: this host or capture tells no pairs.
  [[nodiscard]] std::optional<std::uint64_t> counter_to_ns(std::uint64_t counter) const;
  // CLOCK_REALTIME - CLOCK_MONOTONIC then; nullopt: not told.
  [[nodiscard]] std::optional<std::uint64_t> realtime_offset_ns(std::uint64_t at_ns) const {
    return realtime_offsets_.at(at_ns);
  }
  [[nodiscard]] const IrqAction* irq(std::uint64_t action) const;
  // All that are known, by number and name of the action, with what was told of each by now.
  [[nodiscard]] std::map<std::pair<std::uint32_t, std::string>, InterruptPtr> interrupts() const;
  // The vCPU whose thread `tid` was then, also where its name came later; null: none is known.
  [[nodiscard]] const VcpuThread* vcpu(std::uint32_t tid, std::uint64_t at_ns) const;
  // Null also where it was named only later: it may have been any thread before that.
  [[nodiscard]] const VcpuThread* vcpu_then(std::uint32_t tid, std::uint64_t at_ns) const;
  // All that the facts have said, by thread.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, const VcpuThread*>> vcpus() const;
  [[nodiscard]] VcpuIdentity identity(std::uint32_t tid, std::uint64_t at_ns) const;
  [[nodiscard]] std::vector<std::string> vms() const;  // sorted
  [[nodiscard]] const std::vector<ProgramCost>& programs() const { return programs_; }
  // As told last; nullopt: not by this capture, or not yet.
  [[nodiscard]] const std::optional<TracerCost>& cost() const { return cost_; }
  [[nodiscard]] std::uint64_t ring_bytes() const { return ring_bytes_; }
  [[nodiscard]] std::uint64_t naming_attempts() const { return naming_attempts_; }
  // Facts that were not kept: no host has so many.
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

 private:
  struct Vm {
    std::uint32_t tgid{};
    std::string name;
    std::uint64_t since_ns{};
  };
  struct Thread {
    std::vector<VcpuThread> vcpus;  // by since_ns
    std::uint64_t exited_ns{};      // the last exit of a thread with this number, 0: none
  };

  struct ClockPair {
    std::uint64_t counter{};
    std::uint64_t ns{};
  };

  // Is there room for one more, or for this one again?
  template <typename Map, typename Key>
  bool has_room(const Map& map, const Key& key, std::size_t most) {
    const bool room = map.size() < most || map.find(key) != map.end();
    left_out_ += room ? 0U : 1U;
    return room;
  }

  Header header_;
  std::uint64_t left_out_{0};
  std::uint64_t bg_timer_offset_{0};
  std::uint64_t ring_bytes_{0};
  std::uint64_t naming_attempts_{0};
  SeededMap<std::uint64_t, std::string> symbols_;
  SeededMap<std::uint64_t, IrqAction> irqs_;
  SeededMap<std::string, std::size_t> events_;  // places in header_.events
  std::array<bool, WP_EVENT_KINDS> seen_{};
  TidMap<std::string> thread_names_;
  TidMap<Thread> threads_;                             // threads that are or were vCPUs'
  std::map<std::uint32_t, std::vector<Vm>> vms_;       // by key; its names by since_ns
  SeededMap<std::uint64_t, std::uint32_t> bg_timers_;  // tid by address
  SeededMap<std::uint64_t, std::uint32_t> kvm_vcpus_;  // tid by address
  std::optional<ClockPair> clock_before_, clock_;      // the last two that are well apart
  RealtimeOffsets realtime_offsets_;
  std::vector<ProgramCost> programs_;
  std::optional<TracerCost> cost_;
};

}  // namespace wakepath::reconstruct
