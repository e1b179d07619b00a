// SPDX-License-Identifier: GPL-2.0-or-later
// Which programs are loaded, how each is attached, and why the others are not. Pure: no kernel is
// asked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capture/bpf/features.hpp"
#include "capture/catalogue.hpp"
#include "capture/event_set.hpp"
#include "wakepath/result.hpp"

namespace wakepath::capture {

enum class Via {
  tp_btf,  // arguments are typed
  raw_tp,  // a tracepoint of a module: needs neither the module's BTF nor CAP_SYS_ADMIN
  kprobe,  // no tracepoint, a function's entry
};

struct PlannedEvent {
  const Tracepoint* tracepoint;
  bool enabled{false};
  Via via{Via::tp_btf};
  std::string reason;    // why it is left out
  std::string function;  // kprobe: where
};

// The constants of bpf/maps.bpf.h that depend on the shape of tracepoints.
struct ProgramConstants {
  std::uint8_t switch_state_arg{0};
  bool work_end_has_function{false};
  bool kvm_exit_has_reason{false};
  bool kvm_exit_has_class{false};
  bool kvm_entry_has_pc{false};
  bool every_kvm_event{false};
  bool user_exits_seen{false};
  std::int64_t preempt_count_from_rq{0};
};

struct AttachPlan {
  std::vector<PlannedEvent> events;  // one for each of catalogue(), in its order
  ProgramConstants constants;
};

// Why no event of KVM is there when the capture begins; a KVM that comes later is not seen.
inline constexpr std::string_view kNoKvm = "this host had no KVM when the capture began";

// Why a kernel for this architecture (as uname -m has it) may not have it.
std::string why_absent(const Tracepoint& tracepoint, std::string_view architecture);
bool belongs_to(const Tracepoint& tracepoint, std::string_view architecture);

// Error: unsupported, where a tracepoint is missing without which there is no chain.
Result<AttachPlan> make_plan(const Features& features, const EventSet& events);

}  // namespace wakepath::capture
