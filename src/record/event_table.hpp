// SPDX-License-Identifier: GPL-2.0-or-later
// The table of event kinds (wakepath/events.def) for C++.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "wakepath/event.hpp"

namespace wakepath::record {

enum class EventClass { none, tracepoint, kvm_tracepoint, function, naming, retired };
enum class InSets { none, full, production, required };
enum class Where { everywhere, arm64, x86_64 };

struct EventRow {
  wp_event_kind kind{};
  EventClass event_class{};
  const char* name{"unknown"};
  std::string_view system;  // folder below events/ in tracefs; empty: no tracepoint tells it
  std::size_t payload_bytes{};
  Where where{};
  std::string_view since;
  InSets sets{};

  // In tracefs, and in every trace that ftrace wrote.
  [[nodiscard]] constexpr bool is_tracepoint() const {
    return event_class == EventClass::tracepoint || event_class == EventClass::kvm_tracepoint;
  }
  [[nodiscard]] constexpr bool is_captured() const {
    return is_tracepoint() || event_class == EventClass::function;
  }
  // It tells what happened; the others name something, or are no event.
  [[nodiscard]] constexpr bool is_event() const {
    return is_captured() || event_class == EventClass::retired;
  }
};

// By kind, from WP_EVENT_NONE on.
inline constexpr std::array kEventTable{
    EventRow{},
#define WP_EVENT(type, number, kind, name, system, payload, where, since, set) \
  EventRow{WP_EVENT_##kind, EventClass::type, #name, system,                   \
           sizeof(payload), Where::where,     since, InSets::set},
#include "wakepath/events.def"
};

// The row of `kind`, or the one of WP_EVENT_NONE for a number that this version does not know.
constexpr const EventRow& event_row(std::size_t kind) {
  return kEventTable[kind < kEventTable.size() ? kind : 0];
}

}  // namespace wakepath::record
