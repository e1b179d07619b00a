// SPDX-License-Identifier: GPL-2.0-or-later
// What a foreign trace tells, whatever its form: readers fill this in, RecordMaker makes records of
// it. Names are hostile, and valid during the call alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wakepath/event.hpp"
#include "wakepath/result.hpp"

namespace wakepath::foreign {

// The clock of the times, as far as the trace says which.
enum class TraceClock : std::uint8_t {
  unknown,    // it does not say; RecordMaker measures it where it can
  monotonic,  // CLOCK_MONOTONIC
  boot,       // CLOCK_BOOTTIME: CLOCK_MONOTONIC, and the time that the host was suspended
  local,      // a CPU's own: between CPUs it may be off
  other,      // one of the host's, the same on all CPUs
  none,       // there are no times, or numbers that are none: order is all that is known
};

struct TraceInfo {
  std::string form;  // for people: "ftrace text", "trace.dat", "function_graph text"
  TraceClock clock{TraceClock::unknown};
  std::string clock_name;         // as the trace names it; empty: it does not
  std::uint64_t resolution_ns{};  // of times: 1000 where they are printed in microseconds
  std::string release, arch;      // empty: not known
  std::optional<std::uint32_t> cpus;
  std::uint64_t overwritten{};  // so many events that stood before the first ones of their CPUs
};

// An event of a kind that wakepath uses; readers leave out the others. In time order on each CPU;
// between CPUs as good as in order, as a trace is printed.
struct TraceEvent {
  std::uint64_t time_ns{};  // on the trace's clock
  std::uint32_t cpu{};
  std::uint32_t tid{};     // of the current task; 0: idle
  std::uint8_t context{};  // WP_CONTEXT_*, for every kind of event where the trace tells it
  wp_event_kind kind{};
  // As abi_event.h says of the kind, and zero where the trace does not tell it. Addresses may be
  // hashed; those of functions and actions are not looked at where `name` is there. Not to be
  // filled in: WP_TASK_*, softexpires of an expiry, base_offset.
  Event::Payload payload{};
  std::string_view comm;        // of the current task; empty: not told
  std::string_view name;        // irq_*: of the action; hrtimer_*, work_*: of the function
  std::string_view other_comm;  // waking, wakeup: of the wakee; switch: of the next task
  std::uint64_t now_ns{};       // hrtimer_expire_entry: the time of its base that the kernel saw
  std::uint64_t guest_pc{};     // kvm_entry, kvm_exit: where the guest is; 0: not told
  std::uint32_t tgid{};         // of the current task; 0: not told
  bool x86{};                   // kvm_exit: the reason is one of x86's
  std::optional<std::uint32_t> vcpu{};  // kvm_entry: its number (kvm_vcpu.vcpu_id), where told
  std::uint64_t open_ns{};          // when its CPU was last seen to take interrupts; 0: not told
  std::optional<bool> was_armed{};  // hrtimer_start: whether its timer was, where told
  std::uint64_t cancelled{};        // with WP_EVENT_NONE: this hrtimer was; it is not recorded
};

// Events that the trace admits to have lost: between the last one of the CPU and the next one.
struct TraceLoss {
  std::optional<std::uint32_t> cpu;     // nullopt: of any
  std::optional<std::uint64_t> events;  // nullopt: not known how many
};

class TraceSink {
 public:
  TraceSink() = default;
  TraceSink(const TraceSink&) = delete;
  TraceSink& operator=(const TraceSink&) = delete;
  virtual ~TraceSink() = default;
  // Once, before the first event.
  virtual Result<void> about(const TraceInfo& info) = 0;
  virtual Result<void> event(const TraceEvent& event) = 0;
  virtual Result<void> lost(const TraceLoss& loss) = 0;
};

}  // namespace wakepath::foreign
