// SPDX-License-Identifier: GPL-2.0-or-later
// Wakes with literal nanoseconds for the tests of the screen.
#pragma once

#include <string>

#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::screen::testing {

inline constexpr std::uint64_t kBeginNs = 1'000'000'000;

inline Header made_header() {
  Header header;
  header.kernel = "6.12.0";
  header.arch = "aarch64";
  header.cpus = 64;
  header.begin_ns = kBeginNs;
  return header;
}

struct Made {
  std::string vm{"web"};
  std::uint32_t vcpu{0};
  std::uint64_t end_ns{kBeginNs};
  std::uint64_t total_ns{20'000};
  std::uint32_t cpu{3};
  std::uint64_t hog_ns{0};  // of the wake_delay
  std::string path{"timer(kvm_bg_timer_expire)>vcpu"};
};

// irq_entry takes 1 us, wake_delay the rest.
inline WakeChain made_wake(const Made& made) {
  static std::uint64_t last_id = 0;
  WakeChain chain;
  chain.id = ++last_id;
  chain.who = {made.vm, 95, made.vcpu, 1000 + made.vcpu};
  chain.path = made.path;
  chain.root = {RootKind::timer, made.cpu, 13, "arch_timer", "kvm_bg_timer_expire", 1, {}};
  chain.begin_ns = made.end_ns - made.total_ns;
  chain.end_ns = made.end_ns;
  const std::uint64_t entered = chain.begin_ns + 1'000;
  Stage first{StageKind::irq_entry, chain.begin_ns, entered, made.cpu, "arch_timer", {}, {}};
  first.blame = {{BlameKind::self, "", 1'000, {}, {}, {}}};
  Stage last{StageKind::vcpu_entry, entered, chain.end_ns, made.cpu, "CPU 0/KVM", {}, {}};
  last.blame = {{BlameKind::self, "", made.total_ns - 1'000 - made.hog_ns, {}, {}, {}}};
  if (made.hog_ns != 0) {
    last.blame.push_back({BlameKind::task, "hog", made.hog_ns, 178, 120, {}});
  }
  chain.stages = {first, last};
  return chain;
}

}  // namespace wakepath::screen::testing
