// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/chain_hops.hpp"

#include <string_view>
#include <utility>

namespace wakepath::reconstruct {

void HopList::add(const Cause& cause, HopKind kind, std::string name, std::uint64_t at_ns,
                  Digits digits) {
  const std::string shown = name.empty() ? "?" : escape_path_component(name, digits);
  const std::string_view role = kind != HopKind::task         ? name_of(kind)
                                : causes_.is_guest_ipi(cause) ? name_of(RootKind::guest_ipi)
                                : causes_.is_signal(cause)    ? name_of(RootKind::signal)
                                                              : name_of(kind);
  chain_.path += chain_.path.empty() ? "" : ">";
  chain_.path.append(role).append("(").append(shown).append(")");
  Hop& hop = chain_.hops.emplace_back();
  hop.kind = kind;
  hop.name = std::move(name);
  hop.cpu = cause.cpu;
  if (kind == HopKind::work || kind == HopKind::task) {
    hop.tid = cause.tid;
  }
  hop.at_ns = at_ns;
}

void HopList::add_vcpu(const VcpuWake& wake, const std::string& comm) {
  chain_.path += ">vcpu";
  Hop& hop = chain_.hops.emplace_back();
  hop.kind = HopKind::vcpu;
  hop.name = comm;
  hop.tid = wake.tid;
  for (const auto& [at_ns, cpu] :
       {std::pair(wake.sched_in_ns, wake.sched_in_cpu),
        std::pair(wake.poll_end_ns, wake.poll_end_cpu), std::pair(wake.entry_ns, wake.entry_cpu),
        std::pair(wake.waking_ns, wake.waking_cpu)}) {
    if (at_ns != 0) {
      hop.at_ns = at_ns;
      hop.cpu = cpu;
      break;
    }
  }
}

}  // namespace wakepath::reconstruct
