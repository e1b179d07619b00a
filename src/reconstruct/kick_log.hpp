// SPDX-License-Identifier: GPL-2.0-or-later
// The kicks of one vCPU that its guest has not seen to yet, and which of them ended a halt poll.
//
//   kvm_entry ... kvm_exit ... [first look ... polling ... last look] ... kvm_vcpu_wakeup
//
// A pending interrupt stays so until the next guest entry, so a poll ends at the first kick since
// the last one, or at its first look if that came before. Where the looks lie is known only within
// bounds: kvm_vcpu_wakeup tells how long the wait was, and comes a little after it, or long after
// if the thread is interrupted in between. Where these bounds allow two answers there is none.
#pragma once

#include <cstdint>
#include <vector>

#include "reconstruct/cause.hpp"

namespace wakepath::reconstruct {

class KickLog {
 public:
  // `by` null: the vCPU itself, or an unknown cause.
  void kicked(std::uint64_t at_ns, CausePtr by);
  void entered(std::uint64_t at_ns);
  void exited(std::uint64_t at_ns);

  struct PollEnd {
    CausePtr by;                // null: not known
    std::uint64_t since_ns{0};  // and this was the first since then; 0: kicks did not decide it
  };
  // Of a poll that lasted `polled_ns` and was told to be over at `told_ns`; `timer`: the guest
  // timer's interrupt since the last entry, where there was one.
  [[nodiscard]] PollEnd poll_end(std::uint64_t told_ns, std::uint64_t polled_ns,
                                 const CausePtr& timer) const;
  // Can a kick that is told only now, by `by`, have ended the poll?
  [[nodiscard]] bool tells_late(std::uint64_t told_ns, std::uint64_t at_ns,
                                const CausePtr& by) const;
  [[nodiscard]] std::uint64_t since_ns() const { return since_ns_; }

 private:
  struct Kick {
    std::uint64_t at_ns;
    CausePtr by;
  };

  void begin_anew(std::uint64_t at_ns);
  // All since the last entry are here, and the vCPU has left its guest since.
  [[nodiscard]] bool whole() const { return exit_ns_ > entry_ns_ && !overflowed_; }

  std::vector<Kick> kicks_;
  bool overflowed_{false};
  std::uint64_t since_ns_{0};  // all since then are here
  std::uint64_t entry_ns_{0};  // the last that was seen
  std::uint64_t exit_ns_{0};   // the same
};

}  // namespace wakepath::reconstruct
