// SPDX-License-Identifier: GPL-2.0-or-later
// What a wake began with: the causes that led to it, which of them is the root, and since when.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reconstruct/chain_builder.hpp"

namespace wakepath::reconstruct {

class CauseChain {
 public:
  CauseChain(const VcpuWake& wake, const FactStore& facts);

  // The root first.
  [[nodiscard]] const std::vector<const Cause*>& causes() const { return causes_; }
  [[nodiscard]] bool empty() const { return causes_.empty(); }

  // A time at which the thread was this vCPU's: that of the first event of this wake.
  [[nodiscard]] std::uint64_t when_ns() const;
  [[nodiscard]] std::uint64_t begin_ns() const;
  // A loss since then can have changed the chain, which begins at `begin_ns`.
  [[nodiscard]] std::uint64_t rests_on_ns(std::uint64_t begin_ns) const;

  // The cause is known only by what it did, not by how it came to it.
  [[nodiscard]] bool is_acting_root(const Cause& cause) const;
  // Another vCPU sent the interrupt. A vCPU that kicked a device, whose thread then woke this
  // vCPU, sent none.
  [[nodiscard]] bool is_guest_ipi(const Cause& cause) const;
  // The task sent the signal that woke the vCPU, and nothing made the task do so.
  [[nodiscard]] bool is_signal(const Cause& cause) const;
  // The softirq that ran the soft hrtimer of this wake; null: there is none. The expiry of such a
  // timer lies before the interrupt that raised the softirq.
  [[nodiscard]] const Cause* soft_timer() const;
  [[nodiscard]] std::string timer_function(const Cause& cause) const;

  // Sets the chain's root, and the path and the flag of a chain whose root is not known.
  void describe_root(WakeChain& chain) const;

 private:
  [[nodiscard]] bool ran_before_the_sleep(const Cause& cause) const;
  [[nodiscard]] bool root_known() const;
  void describe_timer(const Cause& first, const Cause& timer, WakeChain& chain) const;
  void describe_other(const Cause& first, Root& root) const;

  const VcpuWake& wake_;
  const FactStore& facts_;
  std::vector<const Cause*> causes_;
};

}  // namespace wakepath::reconstruct
