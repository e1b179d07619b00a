// SPDX-License-Identifier: GPL-2.0-or-later
// Each vCPU's way from its sleep back into the guest.
//
//   in guest --switch out, blocked--> asleep --sched_waking--> woken --switch in--> on CPU
//      ^                                                                              |
//      '--------------------------------- kvm_entry ---------------------------------'
//
// A wake is finished at kvm_entry and handed on when the vCPU blocks again, so that the run that
// followed is known; after kShowAfterNs at the latest, then without it. Where kvm_entry does not
// fire, the wake is finished when the vCPU blocks again, and ends at its sched_in.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "reconstruct/chain_builder.hpp"
#include "reconstruct/fact_store.hpp"
#include "reconstruct/kick_log.hpp"
#include "reconstruct/loss_log.hpp"
#include "reconstruct/thread_state.hpp"
#include "reconstruct/tid_map.hpp"
#include "util/seeded_hash.hpp"
#include "wakepath/event.hpp"

namespace wakepath::reconstruct {

inline constexpr std::uint64_t kShowAfterNs = 250'000'000;

class VcpuTracker {
 public:
  using Emit = std::function<void(WakeChain&&)>;
  // Adds the doings of the CPUs on the chain's way: IRQ exit, exit from idle, blame.
  using Annotate = std::function<void(BuiltChain&, const CausePtr& by)>;

  VcpuTracker(const FactStore& facts, const LossLog& losses, Annotate annotate, Emit emit)
      : facts_(facts), losses_(losses), annotate_(std::move(annotate)), emit_(std::move(emit)) {}

  [[nodiscard]] bool known(std::uint32_t tid) const { return vcpus_.find(tid) != nullptr; }
  // Since when it is on its way from a sleep to its guest; nullopt: it is not.
  [[nodiscard]] std::optional<std::uint64_t> woken(std::uint32_t tid) const;

  // `running_since_ns`: where the thread is on its CPU as far as we saw. False: it was not known to
  // be a vCPU's.
  bool waking(const Event& event, const CausePtr& by,
              std::optional<std::uint64_t> running_since_ns);
  void wakeup(const Event& event);
  void migrate(const Event& event);
  void switched_out(const Event& event);
  // False: the thread is none of a vCPU.
  bool switched_in(const Event& event, const std::string& comm);
  void kvm_event(const Event& event);
  // kvm_vcpu_wakeup of a vCPU that polled and never slept, which `by` ended, where that was seen.
  void polled(const Event& event, const CausePtr& by);
  // Something has become pending for a vCPU, by `by`: where it polls, that ends the poll.
  void kick(const Event& event, CausePtr by);
  // The signal of `event` may have just woken the vCPU. Its sender last slept at
  // `sender_slept_ns`.
  void signal(const Event& event, std::uint64_t sender_slept_ns);
  // Its bg_timer ran without waking it: it was early by the guest's time, and is armed again.
  void timer_woke_nobody(std::uint32_t tid, std::uint64_t now_ns);
  void guest_report(const wp_guest_report& report);
  void exited(std::uint32_t tid, std::uint64_t now_ns);
  // Hands on the wakes that have waited long enough.
  void advanced_to(std::uint64_t time_ns);
  // Closes the open wakes with the flag cut.
  void finish(std::uint64_t now_ns);

 private:
  struct Finished {
    WakeChain chain;
    std::map<std::string, std::uint64_t> exits;
    bool guest_ran{false};  // after the chain's end, as far as this kernel shows it
  };
  struct LastExit {
    std::uint64_t at_ns{};
    std::uint32_t cpu{};
    wp_kvm_exit why{};
  };
  struct Vcpu {
    std::uint64_t blocked_since_ns{0};  // 0: not asleep, or since before the capture
    std::uint64_t void_expiry_ns{0};    // when its bg_timer last woke nobody
    bool entered_once{false};           // kvm_entry fires for it
    bool seen_before{false};            // something of it was seen since the capture began
    std::uint64_t next_report{0};       // sequence of the guest's next report
    std::uint64_t report_gap_ns{0};     // when one was last missing
    std::optional<LastExit> last_exit;
    KickLog kicks;
    std::optional<VcpuWake> wake;      // woken, not yet in the guest
    std::optional<Finished> finished;  // in the guest, or on its way to the next sleep
  };

  static void mark(VcpuWake& wake, MarkKind kind, const Event& event, std::string name = {},
                   std::optional<std::uint32_t> cpu = std::nullopt);
  // Of a vCPU that is inside KVM_RUN.
  void waking_inside(const Event& event, const CausePtr& by,
                     std::optional<std::uint64_t> running_since_ns);
  void end_sleep(VcpuWake& wake, std::uint64_t now_ns) const;
  void note_waker(const CausePtr& by, std::uint32_t tid);
  void close(Vcpu& vcpu, std::uint64_t now_ns);
  // The vCPU goes to sleep, or is woken, although `vcpu.wake` has not led to a kvm_entry.
  void close_without_entry(Vcpu& vcpu, std::uint64_t now_ns);
  void hand_on(Vcpu& vcpu, std::optional<std::uint64_t> blocked_at_ns);
  void check_losses(WakeChain& chain, std::uint64_t since_ns, std::uint64_t until_ns) const;
  void kvm_entry(const Event& event, Vcpu& vcpu);
  void kvm_exit(const Event& event, Vcpu& vcpu) const;

  const FactStore& facts_;
  const LossLog& losses_;
  Annotate annotate_;
  Emit emit_;
  TidMap<Vcpu> vcpus_;
  // When something may be ready to be handed on, and of which vCPU. What is due costs, not what is
  // there: most vCPUs of a host are asleep.
  using Due = std::pair<std::uint64_t, std::uint32_t>;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  SeededMap<std::uint32_t, std::vector<std::uint32_t>> woken_by_;  // vCPUs, by the thread that did
};

}  // namespace wakepath::reconstruct
