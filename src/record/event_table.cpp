// SPDX-License-Identifier: GPL-2.0-or-later
// What events.def must hold. Most mistakes in it show here, while compiling.
#include "record/event_table.hpp"

#include <type_traits>

namespace wakepath {

namespace {

using record::EventClass;
using record::EventRow;
using record::InSets;
using record::kEventTable;

constexpr bool numbers_are_in_order() {
  for (std::size_t i = 0; i < kEventTable.size(); ++i) {
    if (kEventTable[i].kind != i) {
      return false;
    }
  }
  return true;
}
static_assert(numbers_are_in_order(), "events.def: numbers in order, without a gap");
static_assert(kEventTable.size() == WP_EVENT_KINDS);

constexpr bool classes_are_sound() {
  for (const EventRow& row : kEventTable) {
    if (row.is_tracepoint() == row.system.empty() && row.event_class != EventClass::retired) {
      return false;
    }
    if (row.is_captured() == (row.sets == InSets::none)) {
      return false;
    }
    if (row.payload_bytes % 8 != 0) {
      return false;
    }
  }
  return true;
}
static_assert(classes_are_sound(),
              "events.def: a tracepoint has a system, a captured event is in a set, a payload's "
              "size is a multiple of 8");

// Each payload's row, found by its type.
template <typename T>
struct Type {};
#define WP_PAYLOAD(type, member)                                     \
  constexpr bool has_member(Type<type> /*of*/) {                     \
    return std::is_same_v<decltype(Event::Payload::member), type> && \
           sizeof(type) <= sizeof(Event::Payload);                   \
  }
#include "wakepath/events.def"

// Names become facts: no decoded event holds them.
template <EventClass event_class, typename T>
constexpr bool payload_is_sound() {
  if constexpr (event_class == EventClass::naming) {
    return true;
  } else {
    return has_member(Type<T>{});  // an error here: events.def has no WP_PAYLOAD for this struct
  }
}
#define WP_EVENT(type, number, kind, name, system, payload, ...) \
  static_assert(payload_is_sound<EventClass::type, payload>());
#include "wakepath/events.def"

}  // namespace

const char* event_name(wp_event_kind kind) { return record::event_row(kind).name; }

}  // namespace wakepath
