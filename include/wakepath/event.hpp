// SPDX-License-Identifier: GPL-2.0-or-later
// A decoded event. Plain data: one cache line, no ownership.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wakepath/abi.h"

namespace wakepath {

struct Event {
  union AnyPayload {
#define WP_PAYLOAD(type, member) type member;
#include "wakepath/events.def"
  };
  union Payload {
    // `{}` makes a union's first member zero, and no more: so that one is as large as all others.
    std::byte bytes[sizeof(AnyPayload)];
#define WP_PAYLOAD(type, member) type member;
#include "wakepath/events.def"
  };

  std::uint64_t time_ns;  // CLOCK_MONOTONIC of the traced host
  std::uint32_t cpu;
  std::uint32_t tid;  // current task; 0 in idle
  wp_event_kind kind;
  std::uint8_t context;  // WP_CONTEXT_*
  Payload payload;       // what `kind` says; zero where the record was shorter
};

static_assert(sizeof(Event) <= 64);

// The event's name as users write it ("sched_switch", "kvm_entry"); "unknown" for others.
const char* event_name(wp_event_kind kind);

}  // namespace wakepath
