// SPDX-License-Identifier: GPL-2.0-or-later
// The CPUs that a recording's host has for everybody.
#pragma once

#include "cli/setting_tap.hpp"
#include "util/cpu_set.hpp"
#include "wakepath/pipeline.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::cli {

// How the names of the files begin that tell it.
inline constexpr const char* kSysFiles = "sys/";

// Where vCPUs woke.
class GuestCpus {
 public:
  explicit GuestCpus(const Selection& selection)
      : all_seen_(selection.vms.empty() && selection.vcpus.empty()) {}
  void see(const WakeChain& chain);
  // Those that are online, not kept for guests, and woke no vCPU. Empty: none, or the settings do
  // not tell, or other vCPUs than the chosen ones may have some.
  [[nodiscard]] CpuSet free(const Settings& settings) const;

 private:
  bool all_seen_;
  CpuSet woken_;
};

}  // namespace wakepath::cli
