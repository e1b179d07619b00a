// SPDX-License-Identifier: GPL-2.0-or-later
// What the stream has said so far of the host, its VMs and the names behind addresses.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "wakepath/facts.hpp"
#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::reconstruct {

struct IrqAction {
  std::uint32_t irq{};
  std::string name;
  std::string device;
  bool guest_timer{};  // "kvm guest vtimer", "kvm guest ptimer": arch/arm64/kvm/arch_timer.c
};

struct VcpuFact {
  std::uint32_t vm{};  // key of the VM
  std::uint32_t index{};
  std::uint64_t kvm_vcpu{};  // address
  std::string comm;          // of its thread
};

class FactStore {
 public:
  void add(const Fact& fact);

  [[nodiscard]] const Header& header() const { return header_; }
  // The function's name, or its address as "0xffff..." where no fact names it.
  [[nodiscard]] std::string function(std::uint64_t address) const;
  // bg_timer of the vCPU `tid` is at this address: names its callback where kallsyms is closed.
  [[nodiscard]] bool is_bg_timer(std::uint32_t tid, std::uint64_t hrtimer) const;
  // The vCPU thread whose bg_timer is at this address.
  [[nodiscard]] std::optional<std::uint32_t> bg_timer_owner(std::uint64_t hrtimer) const;
  // A value of the host's counter on CLOCK_MONOTONIC; nullopt: this host or capture tells no pairs.
  [[nodiscard]] std::optional<std::uint64_t> counter_to_ns(std::uint64_t counter) const;
  [[nodiscard]] const IrqAction* irq(std::uint64_t action) const;
  [[nodiscard]] const VcpuFact* vcpu(std::uint32_t tid) const;
  [[nodiscard]] VcpuIdentity identity(std::uint32_t tid) const;
  [[nodiscard]] std::vector<std::string> vms() const;  // sorted
  [[nodiscard]] const std::vector<ProgramCost>& programs() const { return programs_; }
  [[nodiscard]] std::uint64_t ring_bytes() const { return ring_bytes_; }
  [[nodiscard]] std::uint64_t naming_attempts() const { return naming_attempts_; }

 private:
  struct Vm {
    std::uint32_t tgid{};
    std::string name;
  };

  struct ClockPair {
    std::uint64_t counter{};
    std::uint64_t ns{};
  };

  Header header_;
  std::uint64_t bg_timer_offset_{0};
  std::uint64_t ring_bytes_{0};
  std::uint64_t naming_attempts_{0};
  std::unordered_map<std::uint64_t, std::string> symbols_;
  std::unordered_map<std::uint64_t, IrqAction> irqs_;
  std::unordered_map<std::uint32_t, VcpuFact> vcpus_;
  std::map<std::uint32_t, Vm> vms_;
  std::unordered_map<std::uint64_t, std::uint32_t> bg_timers_;  // tid by address
  std::optional<ClockPair> clock_before_, clock_;               // the last two that are well apart
  std::vector<ProgramCost> programs_;
};

}  // namespace wakepath::reconstruct
