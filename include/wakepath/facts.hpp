// SPDX-License-Identifier: GPL-2.0-or-later
// The facts of a stream, decoded: enum wp_fact_kind in abi.h says how a record holds them.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "wakepath/interrupt.hpp"
#include "wakepath/record.hpp"

namespace wakepath {

// Texts may hold anything: escape them before use. What a record lacks is empty or 0.

// A kind that this version does not know, or a fact that makes no sense to it.
struct UnknownFact {};

struct HostFact {
  std::uint64_t cpus{};                // possible ones
  std::uint64_t counter_hz{};          // 0: not known
  std::uint64_t bg_timer_offset{};     // in struct kvm_vcpu; 0: not known
  std::uint64_t realtime_offset_ns{};  // CLOCK_REALTIME - CLOCK_MONOTONIC
  std::string kernel, arch, wakepath;
  std::string options;  // as given
};

struct EventFact {
  bool enabled{};
  std::string event;
  std::string reason;  // where it is not enabled
};

struct VmFact {
  std::uint32_t key{};  // never given to another VM of the capture
  std::uint32_t tgid{};
  std::uint64_t since_ns{};  // 0: since before the capture
  std::string name;
};

struct VcpuFact {
  std::uint32_t tid{};
  std::uint32_t index{};
  std::uint32_t vm{};        // key
  std::uint32_t state{};     // WP_VCPU_*, at since_ns
  std::uint64_t kvm_vcpu{};  // address
  std::uint64_t since_ns{};  // 0: since before the capture
  std::string thread;        // its name

  bool operator==(const VcpuFact&) const = default;
};

struct IrqFact {
  std::uint64_t action{};  // address of the irqaction
  // Names that no kernel has in this length are cut, longer lists of CPUs are left out.
  Interrupt interrupt;
};

struct SymbolFact {
  std::uint64_t address{};
  std::string name;
};

struct ProgramFact {
  std::string name;
  std::uint64_t runs{};
  std::uint64_t run_time_ns{};
  std::uint64_t misses{};
};

struct CaptureFact {
  std::uint64_t ring_bytes{};  // of each CPU
  std::uint64_t poll_ns{};
  std::uint64_t hold_back_ns{};
  std::uint64_t naming_attempts{};  // at the end, with --stats
};

struct NoticeFact {
  wp_advice advice{};
  std::uint64_t detail{};
  std::string text;
};

struct ClockFact {
  std::uint64_t counter{};  // of the host
  std::uint64_t monotonic_ns{};
  std::uint64_t width_ns{};  // between the two reads of the counter around the clock's
};

struct CostFact {
  std::uint64_t elapsed_ns{};  // since the capture began
  std::uint64_t runs{};        // of the programs since
  std::uint64_t run_ps{};      // mean time of a run; 0: not known yet
  std::uint64_t reader_ns{};   // CPU time
  bool sampled{};              // the mean is of the runs of the first second only
};

struct HostFileFact {
  wp_host_file type{};
  unsigned mode{};                  // permissions
  std::uint64_t record{};           // which of the file's records this is, from 0
  std::uint64_t records{};          // how many the file has; 0: not told
  std::string name;                 // path below the root
  std::vector<std::string> pieces;  // of the content, or where a link leads
};

struct TraceFact {
  std::uint64_t resolution_ns{};  // of its times; 0: not known
  bool untimed{};                 // times say the order on each CPU, and nothing else
  std::string form, clock;
};

// A thread that does something before any switch to it names it.
struct ThreadFact {
  std::uint32_t tid{};
  std::string name;
};

// What a recorder waited for, where that made the recording.
struct TriggerFact {
  // Each wake is held against each condition: of a file's, those beyond are left out.
  static constexpr std::size_t kMostConditions = 16;
  static constexpr std::size_t kLongestCondition = 256;
  std::uint64_t before_ns{};  // that it was to hold before that, and after
  std::uint64_t after_ns{};
  std::vector<std::string> conditions;  // as they were given
};

// It happened.
struct BreachFact {
  enum class Kind : std::uint8_t {
    wake = WP_BREACH_WAKE,
    lost = WP_BREACH_LOST,
    signal = WP_BREACH_SIGNAL,
  };
  Kind kind{Kind::wake};
  std::uint64_t at_ns{};              // of a wake, its end
  std::uint64_t begin_ns{};           // of a wake
  std::uint32_t tid{};                // of the vCPU
  std::optional<std::uint32_t> vcpu;  // its index
  std::string condition;              // that was met
  std::string vm, path;
  std::string measured;  // "total 231us"

  bool operator==(const BreachFact&) const = default;
};

// The time of day jumped: somebody set the host's clock, or the host was suspended.
struct TimeOfDayFact {
  std::uint64_t realtime_offset_ns{};  // as HostFact's, from then on
  std::uint64_t since_ns{};            // CLOCK_MONOTONIC

  bool operator==(const TimeOfDayFact&) const = default;
};

using Fact = std::variant<UnknownFact, HostFact, EventFact, VmFact, VcpuFact, IrqFact, SymbolFact,
                          ProgramFact, CaptureFact, NoticeFact, ClockFact, CostFact, HostFileFact,
                          TraceFact, ThreadFact, TriggerFact, BreachFact, TimeOfDayFact>;

// Chooses by type: std::visit(Overloaded{[](const HostFact&) {}, [](const auto&) {}}, fact).
template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

// The record's bytes. Strings are cut so that the record stays below WP_MAX_BATCH.
std::vector<std::byte> encode(const Fact& fact);

// The fact in `view`; an error (bad_input) where its strings do not fit its size.
Result<Fact> decode_fact(RecordView view);

}  // namespace wakepath
