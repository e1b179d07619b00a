// SPDX-License-Identifier: GPL-2.0-or-later
// The events that a capture can take: the tracepoints of wakepath/events.def, and the function
// that has none. Each has one BPF program, which bears its name.
#pragma once

#include <span>
#include <string_view>

#include "record/event_table.hpp"

namespace wakepath::capture {

using record::Where;

struct Tracepoint {
  wp_event_kind kind;
  std::string_view name;    // of the tracepoint, of its program, and as users write it
  std::string_view system;  // folder below events/ in tracefs; empty: no tracepoint tells it
  Where where;
  bool of_kvm;             // may live in the module kvm
  bool production;         // in the default set
  bool required;           // without it there is no chain at all
  std::string_view since;  // first kernel that has it, for the user; empty: all that we run on
};

// No tracepoint tells it: a probe at the function's entry does.
inline constexpr std::string_view kVcpuKick = "kvm_vcpu_kick";

// In the order of their kinds.
std::span<const Tracepoint> catalogue();

// Null: no capture takes an event of this name.
const Tracepoint* find_tracepoint(std::string_view name);

}  // namespace wakepath::capture
