// SPDX-License-Identifier: GPL-2.0-or-later
// Finds where events are missing though the trace does not say so: what a CPU, a thread or a timer
// does next then contradicts what it did before. An irq_handler_exit without its entry, a thread
// that runs and that nobody switched to.
//
// Many traces have a part of the events by choice, and others were filtered. So a rule judges only
// where this trace keeps it: it held many times for each time that it was broken.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "util/seeded_hash.hpp"
#include "wakepath/event.hpp"

namespace wakepath::foreign {

class Contradictions {
 public:
  // What the whole trace, or its begin, came to: which rules it keeps.
  void foresee(const Contradictions& look, bool whole);
  // Each CPU has a clock of its own: what CPUs do one after the other is not known.
  void clocks_differ() { one_clock_ = false; }
  // Times are rounded so.
  void resolution(std::uint64_t ns) { resolution_ns_ = ns; }

  // The trace says that events of `cpu` are missing before its next one; nullopt: of any.
  void lost(std::optional<std::uint32_t> cpu);
  // perf stops its events one after the other. So at the end of its trace a rule may no longer
  // hold, and nothing is missing.
  void events_end_one_by_one() { events_end_one_by_one_ = true; }

  // The next event. It contradicts those before it: since when events may be missing.
  struct Told {  // as TraceEvent has it
    bool x86{};
    std::uint64_t guest_pc{};
    std::uint64_t now_ns{};
    std::uint64_t open_ns{};
    std::optional<bool> was_armed{};
    std::uint64_t cancelled{};
  };
  std::optional<std::uint64_t> event(const Event& event, const Told& told);
  // Those that are missing may be of another CPU.
  [[nodiscard]] bool may_be_elsewhere() const { return elsewhere_; }

 private:
  enum class Rule : std::uint8_t {
    task,            // a switch changes the thread that runs
    irq,             // entry and exit of one take turns
    irq_inside,      // what happens between them is in a hard interrupt
    vector,          // as irq
    vector_inside,   //
    ipi,             //
    ipi_inside,      //
    softirq,         //
    softirq_inside,  // what happens between them is in a softirq or interrupts it
    hard_timer,      // entry and exit of a callback
    soft_timer,      // of one that a softirq runs
    timer_inside,    //
    timer_start,     // a timer is started before it expires
    timer_late,      // it expires in the first interrupt of timers after it was due
    timer_overdue,   // and at once where its CPU takes interrupts
    timer_armed,     // one that is started was armed before, or not, as the trace tells
    timer_cancel,    // one that is cancelled was armed
    timer_in_irq,    // hard ones expire in an interrupt
    idle,            // enter and exit
    idle_switch,     // a CPU leaves idle before it runs another thread
    work,            // start and end of a worker's item
    guest,           // entry and exit
    guest_left,      // the guest is left before its thread sleeps, or says that it slept
    guest_pc,        // it goes on where it was left
    wait,            // the sleep that kvm_vcpu_wakeup ends is no longer than it says
    wait_told,       // it ends each sleep between an exit of the guest and the next entry
    wait_enters,     // then the guest is entered, or left for user space, before the next sleep
    woken_once,      // a woken thread runs before it is woken again
    woken,           // a thread that sleeps is woken before it runs
    kCount,
  };
  static constexpr std::size_t kRules = static_cast<std::size_t>(Rule::kCount);
  struct Count {
    std::uint64_t held{}, broken{};
  };
  // On one CPU, from the first time that a rule held to the last: a recorder switches the events on
  // and off one after the other.
  struct Span {
    std::uint64_t first_ns{~std::uint64_t{0}}, last_ns{};
  };
  using Spans = std::deque<std::array<Span, kRules>>;
  // Something that begins and ends.
  struct Pair {
    enum class State : std::uint8_t { unknown, closed, open };
    State state{State::unknown};
    bool doubted{};         // something contradicts that it is open
    std::uint64_t what{};   // which one is open
    std::uint64_t at_ns{};  // when it was last known to be so
  };
  struct Cpu {
    bool begun{};
    bool knows_task{}, switched{};
    std::uint32_t tid{};
    std::optional<std::uint32_t> outgoing;  // a thread that may still act: its switch has begun
    std::uint64_t last_ns{};
    std::uint64_t switch_ns{};        // when it was switched last
    std::uint64_t open_ns{};          // when it was last seen to take interrupts
    std::uint64_t pass_ns{};          // when timers expired last
    std::uint64_t earlier_pass_ns{};  // and in an interrupt before this one
    Pair irq, vector, ipi, softirq, hard_timer, soft_timer, idle;
  };
  enum class Run : std::uint8_t { unknown, runs, ready, sleeps };
  struct Thread {
    std::uint64_t losses{};  // how many there were when this was true
    Pair guest, work;
    Run run{Run::unknown};
    std::uint64_t run_ns{};          // since when it does so
    std::uint64_t act_ns{};          // its last event of KVM
    std::uint64_t left_ns{};         // its guest was left, there:
    std::uint64_t left_pc{};         // 0: not known
    bool left_idle{};                // it had nothing to do
    std::uint64_t slept_ns{};        // when it went to sleep last
    bool slept_lightly{};            // interruptibly
    std::uint64_t first_slept_ns{};  // and first since its last event of KVM
    std::uint64_t waited_ns{};       // kvm_vcpu_wakeup, with nothing of KVM since; 0: not so
    std::uint64_t woken_ns{};        // since it sleeps; 0: not yet
    bool woken_early{};              // since it runs
  };
  struct Timer {
    enum class State : std::uint8_t { armed, cancelled, expired };
    std::uint64_t losses{};
    State state{State::armed};
    bool ran_on_its_cpu{};  // it expired in a hard interrupt of the CPU that had armed it
    bool ran_elsewhere{};   // once it did not
    std::uint32_t cpu{};
    std::uint64_t at_ns{};  // since when it is so
    std::uint64_t due_ns{};
  };

  void step(const Event& event, const Told& told);
  void current_task(Cpu& on, const Event& event, const Told& told);
  void levels(Cpu& on, const Event& event);
  void interrupt(Cpu& on, const Event& event);
  void timer(Cpu& on, const Event& event, const Told& told);
  void timer_expires(Cpu& on, const Event& event, const Told& told, bool hard);
  void timer_starts(Cpu& on, const Event& event, const Told& told);
  void timer_cancelled(Cpu& on, const Event& event, std::uint64_t number);
  Timer& timer_of(std::uint64_t number);
  void expires(Cpu& on, bool hard, std::uint64_t now_ns);
  void late(const Cpu& on, const Timer& timer, const Event& event);
  void overdue(const Timer& timer, std::uint64_t pass_ns);
  void kvm(const Event& event, const Told& told);
  void guest_goes_on(Thread& thread, std::uint64_t pc);
  void waits(Thread& thread, const Event& event);
  void switched(Cpu& on, const Event& event);
  void woken(const Event& event);

  void begins(Rule rule, Pair& pair, std::uint64_t what, std::uint64_t now_ns);
  void ends(Rule rule, Pair& pair, std::uint64_t what, std::uint64_t now_ns);
  void inside(Rule rule, Pair& pair, std::uint64_t now_ns);
  void outside(Rule rule, Pair& pair, std::uint64_t now_ns);
  void holds(Rule rule);
  void breaks(Rule rule, std::uint64_t since_ns);
  [[nodiscard]] static bool may_be_anywhere(Rule rule);
  [[nodiscard]] bool is_recorded_now(Rule rule) const;
  void names(std::uint32_t cpu);
  // Whatever a thread or a timer did, on whatever CPU, would stand in the trace.
  [[nodiscard]] bool sees_all_cpus() const;
  Cpu& cpu(std::uint32_t number);
  Thread& thread(std::uint32_t tid);

  std::array<Count, kRules> counts_{}, foreseen_{};
  Spans spans_, foreseen_spans_;
  std::uint32_t now_cpu_{0};  // of the event that is looked at
  std::uint64_t now_ns_{0};
  std::deque<Cpu> cpus_;  // one that is held stays where it is
  SeededMap<std::uint32_t, Thread> threads_;
  SeededMap<std::uint64_t, Timer> timers_;
  std::vector<bool> named_;    // CPUs that events name
  std::size_t begun_{0};       // CPUs that had an event
  std::size_t unseen_{0};      // CPUs that are named and had none
  std::size_t most_begun_{0};  // in the whole trace
  bool foreseen_any_{false}, foreseen_whole_{false};
  bool some_missing_{false};  // CPUs, in the whole trace
  std::uint64_t losses_{1};
  std::uint64_t resolution_ns_{0};
  bool one_clock_{true};
  bool events_end_one_by_one_{false};
  bool timers_clock_{false};  // the trace's times are those of timers, within some us
  bool sees_cancels_{false};
  bool x86_{false};
  bool sees_user_exits_{false};
  std::optional<std::uint64_t> found_;
  bool elsewhere_{false};
};

}  // namespace wakepath::foreign
