// SPDX-License-Identifier: GPL-2.0-or-later
// A first look over a trace that can be read twice: which threads are vCPUs, and which events it
// has. What a trace tells late then holds for what stands before it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "import/contradictions.hpp"
#include "import/trace_event.hpp"
#include "util/seeded_hash.hpp"

namespace wakepath::foreign {

// What the trace tells of a thread, from its begin or the exit of the one that had its number
// before, up to its own exit.
struct ThreadLife {
  std::uint64_t since_ns{};  // 0: since the trace's begin
  std::uint64_t until_ns{~std::uint64_t{0}};
  std::string comm;                        // as the trace named it last
  std::string first_comm;                  // as it was named at its first event of KVM
  std::string vcpu_comm;                   // a name that it had, and that vCPUs have; empty: none
  std::optional<std::uint32_t> number;     // as a vCPU, told by KVM, else by the name
  bool told{};                             // by KVM
  std::uint32_t tgid{};                    // 0: not told
  std::optional<wp_event_kind> first_kvm;  // entry, exit, wakeup or userspace exit
  bool first_waited{};                     // a wakeup that ended a sleep
  // It had a CPU from a switch to it up to its sleep, and no event of KVM: it slept elsewhere.
  bool ran_without_kvm{};
};

class Survey final : public TraceSink {
 public:
  Survey();
  Result<void> about(const TraceInfo& info) override;
  Result<void> event(const TraceEvent& event) override;
  Result<void> lost(const TraceLoss& loss) override;

  // The look is long enough. It costs time, and a trace may be as long as it likes.
  [[nodiscard]] bool full() const { return events_ >= kMostEvents; }
  void all_seen() { complete_ = true; }

  // The trace was looked at to its end, so what was not seen is not there.
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] bool saw(wp_event_kind kind) const { return kinds_[kind]; }
  [[nodiscard]] bool saw_kvm() const;  // entry, exit or wakeup
  // The thread that had this number then; null: nothing is known of it.
  [[nodiscard]] const ThreadLife* thread(std::uint32_t tid, std::uint64_t time_ns) const;
  [[nodiscard]] bool is_vcpu(const ThreadLife& life) const;
  // It was asleep inside KVM_RUN before its first event of KVM.
  [[nodiscard]] bool starts_inside(const ThreadLife& life) const;
  [[nodiscard]] const Contradictions& contradictions() const { return contradictions_; }
  [[nodiscard]] const SeededMap<std::uint32_t, std::vector<ThreadLife>>& threads() const {
    return lives_;
  }

 private:
  static constexpr std::uint64_t kMostEvents = 500'000;
  struct Running {
    bool since_switch{};
    bool kvm{};
    std::uint64_t losses{};  // how many there were when it began
  };
  ThreadLife* life(std::uint32_t tid, std::uint64_t time_ns);
  // Of the thread, as TraceEvent tells it: empty, or "<...>", where it does not.
  void named(std::uint32_t tid, std::string_view comm, std::uint64_t time_ns);
  void kvm_event(const TraceEvent& event);
  void switched(const TraceEvent& event);

  SeededMap<std::uint32_t, std::vector<ThreadLife>> lives_;
  SeededMap<std::uint32_t, Running> running_;
  Contradictions contradictions_;
  std::vector<bool> kinds_;
  std::uint64_t events_{0};
  std::uint64_t losses_{0};
  bool complete_{false};
};

}  // namespace wakepath::foreign
