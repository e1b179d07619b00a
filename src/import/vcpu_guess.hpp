// SPDX-License-Identifier: GPL-2.0-or-later
// Which threads are vCPUs, and when they are inside KVM_RUN: the kernel side reads it in the
// thread, a trace shows it by what the thread does.
//
// A thread is inside from its first KVM event to kvm_userspace_exit. Where the trace has no
// kvm_userspace_exit, only a sleep that follows a WFI or HLT is known to be one inside.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "wakepath/event.hpp"
#include "wakepath/facts.hpp"

namespace wakepath::foreign {

// An event on its way to the stream.
struct Held {
  Event event;
  std::uint64_t lost_before{};  // events of this CPU
  std::uint64_t now_ns{};       // as TraceEvent has it
  std::uint32_t tgid{};
  bool x86{};
  std::optional<std::uint32_t> vcpu{};
};

class VcpuGuess {
 public:
  // Fills in WP_TASK_* of `held.back()`; and, where it is the first that a thread does as a vCPU,
  // of the thread's events before it that are still held.
  void event(std::deque<Held>& held);
  // Of the thread, as traces print it; "<...>" where they don't know.
  void named(std::uint32_t tid, std::string_view comm);

  std::vector<Fact> take_facts();
  [[nodiscard]] std::size_t vcpus() const { return vcpus_; }
  [[nodiscard]] bool x86() const { return x86_; }
  [[nodiscard]] bool arm64() const { return arm64_; }

 private:
  struct Thread {
    std::string comm;
    bool vcpu{};
    std::optional<std::uint32_t> number;  // as a vCPU, as far as it is known
    bool told{};                          // the number is what KVM says, and no guess by the name
    std::uint64_t since_ns{};             // when it had its first number
    bool in_run{};
    bool idles{};  // its last exit was a WFI or HLT
    std::uint32_t tgid{};
  };

  [[nodiscard]] std::uint8_t flags(std::uint32_t tid) const;
  void kvm_event(std::deque<Held>& held);
  void was_asleep_inside(std::deque<Held>& held, std::uint32_t tid);
  void tell(Thread& thread, std::uint32_t tid, std::uint32_t number, std::uint64_t time_ns);
  void name(Thread& thread, std::uint32_t tid, std::uint32_t number, std::uint64_t time_ns);

  std::unordered_map<std::uint32_t, Thread> threads_;
  std::vector<Fact> facts_;
  std::size_t vcpus_{0};
  bool sees_user_exits_{false};
  bool x86_{false}, arm64_{false};
};

}  // namespace wakepath::foreign
