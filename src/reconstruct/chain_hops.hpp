// SPDX-License-Identifier: GPL-2.0-or-later
// The hops of a chain, and its path, which names them in one line.
#pragma once

#include <cstdint>
#include <string>

#include "reconstruct/chain_root.hpp"
#include "util/escape.hpp"

namespace wakepath::reconstruct {

class HopList {
 public:
  HopList(WakeChain& chain, const CauseChain& causes) : chain_(chain), causes_(causes) {}

  // `digits`: whether numbers in the name tell paths apart.
  void add(const Cause& cause, HopKind kind, std::string name, std::uint64_t at_ns, Digits digits);
  // The last one: the vCPU itself.
  void add_vcpu(const VcpuWake& wake, const std::string& comm);

 private:
  WakeChain& chain_;
  const CauseChain& causes_;
};

}  // namespace wakepath::reconstruct
