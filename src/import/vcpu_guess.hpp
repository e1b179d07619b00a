// SPDX-License-Identifier: GPL-2.0-or-later
// Which threads are vCPUs, and when they are inside KVM_RUN: the kernel side reads it in the
// thread, a trace shows it by what the thread does.
//
// A thread is inside from its first KVM event to kvm_userspace_exit. Where the trace has no
// kvm_userspace_exit, only a sleep that follows a WFI or HLT is known to be one inside; where it
// has no kvm_exit either, every sleep passes for one. A thread that is a vCPU's by its name alone
// is always inside, unless it runs without KVM in a trace that has KVM's events.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/survey.hpp"
#include "util/seeded_hash.hpp"
#include "wakepath/event.hpp"
#include "wakepath/facts.hpp"

namespace wakepath::foreign {

// An event on its way to the stream.
struct Held {
  Event event;
  std::uint64_t lost_before{};  // events of this CPU
  bool ends_loss{};             // events may be missing up to it
  std::uint64_t now_ns{};       // as TraceEvent has it
  std::uint64_t armed_ns{};     // hrtimer_expire_entry: when its timer was armed
  std::uint64_t guest_pc{};     // as TraceEvent has it
  std::uint32_t tgid{};
  bool x86{};
  std::uint64_t open_ns{};  // these as TraceEvent has them
  std::optional<bool> was_armed{};
  std::uint64_t cancelled{};
  bool written{};
  std::optional<std::uint32_t> vcpu{};
  std::uint32_t named_tid{}, name{};  // the thread that it names, and how: see VcpuGuess::name_of
  bool named_vcpu{}, prev_vcpu{};     // that one, or a switch's previous thread, may be a vCPU's
};

class VcpuGuess {
 public:
  // What the whole trace, or its begin, tells: before the first event.
  void foresee(std::unique_ptr<const Survey> survey);

  // Fills in WP_TASK_* of `held.back()`; and, where it is the first that a thread does as a vCPU,
  // of the thread's events before it that are still held.
  void event(std::deque<Held>& held);
  // The number of a thread's name, as traces print it; 0: they don't know it ("<...>").
  std::uint32_t name_of(std::string_view comm);
  // `held` goes to the stream now: what followed on it is as well known as it will be.
  void settle(Held& held);

  std::vector<Fact> take_facts();
  [[nodiscard]] std::size_t vcpus() const { return vcpus_; }
  // How often one that slept came back to a CPU, and no waking was seen.
  [[nodiscard]] std::uint64_t unwoken() const { return unwoken_; }
  [[nodiscard]] bool x86() const { return x86_; }
  [[nodiscard]] bool arm64() const { return arm64_; }

 private:
  struct Name {
    std::string comm;
    std::optional<std::uint32_t> vcpu;  // the number in it, where it is a vCPU's name
    bool kthread{};
  };
  struct Thread {
    std::uint32_t name{};
    bool vcpu{};           // it has had an event of KVM, or will have one
    bool seen_kvm{};       // it has had one
    bool starts_inside{};  // and is inside before
    bool counted{};
    std::optional<std::uint32_t> number;  // as a vCPU, as far as it is known
    bool told{};                          // the number is what KVM says, and no guess by the name
    std::uint64_t since_ns{};             // when it had its first number
    bool in_run{};
    bool idles{};  // its last exit was a WFI or HLT
    std::uint32_t tgid{};
    bool switched_in{};      // its turn on a CPU was seen from its begin
    bool kvm_in_turn{};      // and had an event of KVM
    bool ran_without_kvm{};  // as ThreadLife has it, so far
    bool acted_without_kvm{};
    std::uint32_t kvm_name{};  // at its first event of KVM, where that is foreseen
    std::uint32_t woken_as{};  // its name at its last waking
    std::uint64_t losses{};    // how many there were when its turn began
    bool asleep{};             // its sleep was seen, and no waking since
  };

  // The thread of this number, made where there is none. Not for the idle task.
  Thread& thread(std::uint32_t tid, std::uint64_t time_ns);
  void named(const Held& held);
  [[nodiscard]] std::optional<std::uint32_t> number_in_name(const Thread& thread) const {
    return names_[thread.name].vcpu;
  }
  [[nodiscard]] std::uint8_t flags(std::uint32_t tid) const;
  [[nodiscard]] bool is_inside(const Thread& thread) const;
  void woke_somebody(const Event& event);
  void switched(const Held& held);
  void kvm_event(std::deque<Held>& held);
  void was_asleep_inside(std::deque<Held>& held, std::uint32_t tid);
  [[nodiscard]] bool may_be_vcpu(std::uint32_t tid) const;
  [[nodiscard]] bool is_inside_by_name(std::uint32_t tid, std::uint64_t time_ns);
  void count(Thread& thread);
  void tell(std::uint32_t tid, Thread& thread, std::uint32_t number, std::uint64_t time_ns);
  void name(std::uint32_t tid, Thread& thread, std::uint32_t number, std::uint64_t time_ns);

  std::unique_ptr<const Survey> survey_{std::make_unique<Survey>()};  // empty where there was none
  SeededMap<std::uint32_t, Thread> threads_;
  std::vector<Name> names_{1};  // the first is no name
  SeededMap<std::string, std::uint32_t> name_numbers_;
  std::vector<Fact> facts_;
  std::size_t vcpus_{0};
  std::uint64_t losses_{0};
  std::uint64_t unwoken_{0};
  bool sees_user_exits_{false}, sees_exits_{false}, sees_wakeups_{false}, sees_kvm_{false};
  bool x86_{false}, arm64_{false};
};

}  // namespace wakepath::foreign
