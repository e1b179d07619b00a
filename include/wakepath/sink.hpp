// SPDX-License-Identifier: GPL-2.0-or-later
// What the analysis tells the outside: results in stream order, loss and notices as calls of their
// own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wakepath/heat_map.hpp"
#include "wakepath/result.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath {

struct EventState {
  std::string event;
  bool enabled{};
  std::string reason;  // why not
};

// The foreign trace that a stream was made of. Names are from outside.
struct TraceOrigin {
  std::string form;
  std::string clock;              // empty: not known
  std::uint64_t resolution_ns{};  // of its times; 0: not known
  bool untimed{};                 // it has none: wakes have an order, and no lengths
};

struct Header {
  std::string wakepath;  // version that captured
  std::string kernel;
  std::string arch;
  std::uint64_t cpus{};
  std::optional<std::uint64_t> counter_hz;
  std::optional<std::uint64_t> begin_ns;
  std::vector<EventState> events;
  std::optional<TraceOrigin> trace{};  // nullopt: wakepath captured it
  // CLOCK_REALTIME - CLOCK_MONOTONIC when the capture began; nullopt: not known.
  std::optional<std::uint64_t> realtime_offset_ns{};
  std::string command{};  // that captured, as given; empty: not known
};

struct Loss {
  std::optional<std::uint32_t> cpu;       // nullopt: not known which
  std::optional<std::uint64_t> begin_ns;  // nullopt: nothing came before
  std::optional<std::uint64_t> end_ns;    // nullopt: nothing came after
  std::optional<std::uint64_t> lost;      // nullopt: not known how many
};

// Latencies in ns. Percentiles are exact to three digits (see analysis/histogram.hpp), min and max
// exact.
struct LatencyRow {
  std::string vm;                     // "*": all
  std::optional<std::uint32_t> vcpu;  // nullopt: all
  std::string path;                   // "*": all
  std::string stage;                  // "total", "total_to_sched_in", or a stage's name
  std::uint64_t count{};
  std::uint64_t min_ns{}, p50_ns{}, p90_ns{}, p99_ns{}, p999_ns{}, max_ns{};
  // Of a VM that is not known ("?") a row is of one thread: nothing says which are of one VM.
  std::optional<std::uint32_t> tid{};
  // Where the name does not tell the VM: it is "?", or several have it.
  std::optional<std::uint32_t> vm_pid{};
  // Of a total, where a target is given: so many are over it.
  std::optional<std::uint64_t> over_target{};
};

// A vCPU that was not woken from a sleep, and what is known of why.
struct QuietVcpu {
  enum class Why : std::uint8_t {
    never_blocks,  // awake: its guest is busy, or its WFI does not trap
    always_polls,  // halt polling met its wakes: each, or ten for every sleep at the least
    outside,       // its thread was asleep, but not in KVM_RUN: the VMM may have stopped it
    asleep,        // from the capture's begin to its end
    not_seen,      // no event of it was seen
    not_judged,    // what was seen of it is too little to say why: see `lacks`
  };
  // What a judgement lacks.
  enum class Lack : std::uint8_t {
    nothing,
    no_switches,  // sched_switch, which would show a sleep
    time,         // it was not seen for long enough
    polls,        // too few of them
  };
  VcpuIdentity who;
  Why why{Why::not_seen};
  Lack lacks{Lack::nothing};
  std::optional<std::uint32_t> cpu;    // where it was seen last
  std::uint64_t observed_ns{};         // how long it is known what it did
  std::uint64_t on_cpu_ns{};           // of that, in its guest, KVM or the VMM
  std::uint64_t waiting_ns{};          // of that, preempted
  std::optional<std::uint64_t> polls;  // wakes that halt polling met; nullopt: not captured
  std::uint64_t switches{};            // how often it was seen to leave its CPU
  std::uint64_t sleeps{};              // how often it fell asleep all the same
  std::uint64_t deliveries{};          // timers that fired while it was in its guest
  bool lossy{false};                   // events were lost: it may have slept after all
};
// A claim needs as much, or it is none.
inline constexpr std::uint64_t kLeastObservedNs = 10'000'000;
inline constexpr std::uint64_t kLeastPolls = 3;
std::string_view name_of(QuietVcpu::Why why);

// What tracing itself took, since the capture began.
struct TracerCost {
  std::uint64_t elapsed_ns{};
  std::uint64_t runs{};                 // of BPF programs
  std::optional<std::uint64_t> run_ps;  // mean of a run; nullopt: not known yet
  std::uint64_t reader_ns{};            // CPU time
  bool sampled{};                       // the mean is of the first second's runs only

  [[nodiscard]] std::optional<std::uint64_t> programs_ns() const {
    return run_ps ? std::optional(runs * *run_ps / 1000) : std::nullopt;
  }
};

struct Interval {
  std::uint64_t begin_ns{};
  std::uint64_t end_ns{};
  std::uint64_t lost{};  // within the interval
  std::vector<LatencyRow>
      rows;  // per vm, vcpu, path: "total" or "total_to_sched_in" first, then stages
  std::vector<QuietVcpu> quiet{};  // never_blocks and always_polls alone
  std::optional<TracerCost> cost{};
  std::uint64_t skipped{};  // left out by the event set, since the capture began
};

struct ProgramCost {
  std::string name;
  std::uint64_t runs{};
  std::uint64_t run_time_ns{};
  std::uint64_t misses{};
};

// What one interrupt did to wakes, loss aside.
struct InterruptLoad {
  struct Vm {
    std::string vm;  // "?": not known which
    std::uint64_t wakes{};
    std::uint64_t delayed{};
    std::uint64_t stole_ns{};
    // Which VM, where several have that name: its pid, or a thread of it where no pid is known.
    std::optional<std::uint32_t> vm_pid{}, tid{};
  };
  InterruptPtr interrupt;    // never null
  std::uint64_t wakes{};     // that it caused
  std::uint64_t delayed{};   // that waited while its handler had their CPU, also after it woke them
  std::uint64_t stole_ns{};  // how long they did
  std::vector<Vm> vms;       // the same by VM
};

// What a culprit took of wakes. `what` is as Blame has it, and empty for own code and for what
// nothing explains.
struct BlameRow {
  BlameKind kind{};
  std::string what;
  std::optional<std::uint32_t> tid{};  // of a task
  std::optional<std::int32_t> prio{};  // of a task, as it was last
  InterruptPtr interrupt{};            // of a hardirq; null: nothing is known but its name
  std::uint64_t ns{};
  std::uint64_t wakes{};     // that it held up
  std::uint64_t worst_ns{};  // the most that one wake lost to it
  // If it were gone: the totals of all wakes, each less what it lost to it. Of all wakes alone;
  // nullopt also where too few wakes carry the percentile.
  std::optional<std::uint64_t> p50_without_ns{}, p99_without_ns{};
};

// Blame, added up over a group of wakes, or over their time in one stage or on one CPU; there
// without the wakes that moved between CPUs. Rows and rest sum to `ns`. Where there is a rest, the
// culprits were many, and a row may be of the last part of the run alone: at least so much.
struct BlameGroup {
  std::string vm{"*"};                                   // "*": all
  std::optional<std::uint32_t> vm_pid{}, tid{}, vcpu{};  // tid: of a VM that is not known
  std::string path{"*"};                                 // "*": all
  std::optional<StageKind> stage{};
  std::optional<std::uint32_t> cpu{};
  std::string total{};  // of all wakes: which total it is, as a LatencyRow's stage
  std::uint64_t wakes{};
  std::uint64_t ns{};
  std::uint64_t rest_ns{};                          // of the culprits that have no row
  std::optional<std::uint64_t> p50_ns{}, p99_ns{};  // of all wakes alone
  std::vector<BlameRow> rows;                       // that took most first
};

// What the totals of all wakes would be if some classes of culprits took nothing: each less what
// its blame gives to one of them.
struct WhatIf {
  struct Class {
    std::string text;       // "task(hog)", as written
    std::uint64_t wakes{};  // that lost time to it
    std::uint64_t ns{};
  };
  std::vector<Class> classes;
  std::uint64_t wakes{}, of_wakes{};  // that lost time to any of them
  std::uint64_t ns{}, of_ns{};        // what they lost to all of them, each ns once
  LatencyRow now, then;               // the same wakes
  std::vector<std::string> open;      // what is not foretold, each a sentence
};

// What a vCPU does in its wakes that is no culprit's doing.
struct VcpuHabit {
  VcpuIdentity who;
  std::uint64_t wakes{};            // that have a total
  std::uint64_t moved{};            // of these, to another CPU than it had slept on
  std::vector<std::uint32_t> cpus;  // where they ended, ascending
  // Of the totals of those that moved, and of the others. nullopt: too few.
  std::optional<std::uint64_t> moved_p50_ns, other_p50_ns;
  std::uint64_t left_seen{};  // of the wakes, those of which it is known how the guest left then
  std::uint64_t faulted{};    // of these, at once and for memory that was not mapped
};

// One of the slowest wakes.
struct SlowWake {
  std::uint64_t id{};
  std::optional<std::uint64_t> realtime_ns{};  // of its begin; nullopt: not known
  std::uint64_t begin_ns{};
  std::uint64_t total_ns{};
  std::string total;  // which: as a LatencyRow's stage
  VcpuIdentity who;
  std::string path;
  StageKind stage{};  // the longest
  std::uint64_t stage_ns{};
  BlameRow most{};  // who took most of it: kind, what, tid, prio, interrupt and ns alone
};

// How many of the totals are as long: bounds are 1, 2, 5, 10, 20 and so on.
struct SpreadRow {
  std::uint64_t from_ns{};
  std::optional<std::uint64_t> below_ns;  // nullopt: the last has no end
  std::uint64_t count{};
};

// The wakes that ended in a part of the run.
struct WorstOfTime {
  std::uint64_t begin_ns{}, end_ns{};
  std::uint64_t wakes{};
  std::uint64_t max_ns{};
  std::array<std::uint64_t, kHeatRows> by_latency{};  // how many of them were how long
};

// How many totals are over the target that was given.
struct TargetResult {
  std::uint64_t target_ns{};
  std::string total;  // which total is judged: as a LatencyRow's stage
  std::uint64_t over{}, of{};
};

// What came of an expression such as "p99(total) > 200us". See analysis/verdict.hpp for the
// grammar.
struct VerdictResult {
  enum class Outcome : std::uint8_t {
    passed,      // it does not hold
    failed,      // it holds
    not_judged,  // what was observed can't tell
  };
  Outcome outcome{Outcome::passed};
  std::string expression;              // as written
  std::optional<std::uint64_t> value;  // of what is judged, in ns where it is a latency
  std::optional<std::uint64_t> count;  // of the wakes that a latency rests on
  std::string reason;                  // why it is not judged, or what it leaves out
  std::string text;                    // "p99(total) = 231us > 200us over 4012 wakes"
  // Of a line of a budget: what label_of() calls it, and where it stands. 0: of no budget.
  std::string budget{};
  std::string file{};
  std::uint32_t line{};

  [[nodiscard]] bool passed() const { return outcome == Outcome::passed; }
};
std::string_view name_of(VerdictResult::Outcome outcome);

// Was the input read to its end?
enum class Partial : std::uint8_t { no, interrupted, truncated };
std::string_view name_of(Partial partial);

// How much of an input was read. Of a packed input, the bytes as they are packed.
struct InputPart {
  std::uint64_t read_bytes{};
  std::optional<std::uint64_t> of_bytes;  // nullopt: not known, as of a pipe
};

struct Summary {
  std::uint64_t duration_ns{};
  std::uint64_t events{};
  std::uint64_t wakes{};
  std::uint64_t complete{};
  std::uint64_t deliveries{};
  struct {
    std::uint64_t lossy{}, no_root{}, no_entry{}, cut{}, no_expiry{}, untimed{};
  } incomplete;           // each incomplete wake once, under lossy, no_root, cut, no_entry, untimed
                          // or no_expiry, the first of these that applies
  std::uint64_t lost{};   // events that could not be stored
  bool lost_exact{true};  // false: at least so many, for a trace does not count what it lost
  std::uint64_t missed{};   // times that a program did not run
  std::uint64_t late{};     // events too late to order
  std::uint64_t skipped{};  // left out by the event set, on purpose
  std::uint64_t guest_reports{};
  std::uint64_t ring_bytes{};         // of each ring; 0: not known
  std::vector<ProgramCost> programs;  // with --stats
  // Among events and lost: those that only name something. With --stats, events + lost + skipped -
  // naming is what the kernel counted as runs of the programs.
  std::uint64_t naming{};
  std::uint64_t damaged{};                  // of the lost: stored, but unreadable in the dump
  std::uint64_t duplicates{};               // events that a damaged dump held twice: counted once
  std::vector<LatencyRow> latency;          // "*" rows first, then per VM, vCPU and path
  std::vector<QuietVcpu> quiet{};           // by VM, vCPU, thread
  std::optional<TracerCost> cost{};         // nullopt: the capture did not say
  std::vector<InterruptLoad> interrupts{};  // those that took most time first
  std::vector<BlameGroup> blame{};          // all wakes first; empty where no wake has a total
  std::optional<WhatIf> what_if{};          // where it was asked for
  std::vector<VcpuHabit> habits{};          // of vCPUs that have one, by thread
  // Totals of the kind that most wakes have, of all paths: by VM, vCPU, path, root, CPU or stage,
  // as asked for. Those with the worst p99 first.
  std::vector<LatencyRow> ranking{};
  std::vector<SpreadRow> spread{};    // of the totals of that kind
  std::vector<WorstOfTime> course{};  // the same, in order of time
  std::vector<SlowWake> slowest{};    // the slowest first
  std::optional<TargetResult> target{};
  std::string filter{};   // the selection as options, "--vm web"; empty: all
  std::uint64_t worst{};  // so many wakes alone went to the sink, the slowest; 0: all, as they came
  Partial partial{Partial::no};
  std::optional<InputPart> part{};        // nullopt: the whole, or not known
  std::vector<VerdictResult> verdicts{};  // in the order of the expressions
  std::uint64_t seen{};                   // wakes, those included that the selection left out
  std::uint64_t vcpus_seen{};             // or named, likewise
  std::uint64_t unreadable{};             // records of a kind that is known
};

// Override what you want: the rest is taken and dropped. An error ends the run that feeds the sink.
class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;
  virtual Result<void> header(const Header& /*header*/) { return {}; }
  virtual Result<void> wake(const WakeChain& /*chain*/) { return {}; }
  virtual Result<void> delivery(const Delivery& /*delivery*/) { return {}; }
  virtual Result<void> loss(const Loss& /*loss*/) { return {}; }
  virtual Result<void> interval(const Interval& /*interval*/) { return {}; }
  virtual Result<void> notice(const std::string& /*text*/) { return {}; }  // for a person
  virtual Result<void> summary(const Summary& /*summary*/) { return {}; }
};

}  // namespace wakepath
