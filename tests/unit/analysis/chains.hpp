// SPDX-License-Identifier: GPL-2.0-or-later
// Chains made by hand, with the least that a count needs.
#pragma once

#include <initializer_list>
#include <string>

#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis::testing {

// timer_latency 100, wake_delay 200, vcpu_entry the rest.
inline WakeChain wake(std::uint64_t total_ns, std::initializer_list<Flag> flags = {},
                      const std::string& path = "timer(f)>vcpu", const std::string& vm = "guest") {
  WakeChain chain;
  chain.who = {vm, 95, 0, 96};
  chain.path = path;
  chain.begin_ns = 1'000;
  chain.end_ns = 1'000 + total_ns;
  chain.stages = {{StageKind::timer_latency, 1'000, 1'100, 0, "", {}, {}},
                  {StageKind::wake_delay, 1'100, 1'300, 1, "", {}, {}},
                  {StageKind::vcpu_entry, 1'300, chain.end_ns, 1, "", {}, {}}};
  for (const Flag flag : flags) {
    chain.flags.set(flag);
  }
  return chain;
}

inline WakeChain to_sched_in() {
  WakeChain chain = wake(1'000, {Flag::no_entry});
  chain.stages.pop_back();
  chain.end_ns = 1'300;
  chain.ends_at = EndsAt::sched_in;
  return chain;
}

}  // namespace wakepath::analysis::testing
