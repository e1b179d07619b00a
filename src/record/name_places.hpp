// SPDX-License-Identifier: GPL-2.0-or-later
// Where the events of a batch have names.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "wakepath/event.hpp"
#include "wakepath/record.hpp"

namespace wakepath::record {

enum class NamedThing { task, interrupt, function };

struct NamePlace {
  wp_event_kind kind;
  NamedThing thing;
  std::size_t offset;  // in the payload
  std::size_t bytes;
};

inline constexpr std::array kNamePlaces{
    NamePlace{WP_EVENT_SWITCH, NamedThing::task, offsetof(wp_switch, next_comm), WP_COMM_BYTES},
    NamePlace{WP_EVENT_RENAME, NamedThing::task, offsetof(wp_rename, comm), WP_COMM_BYTES},
    NamePlace{WP_EVENT_VCPU, NamedThing::task, offsetof(wp_vcpu, comm), WP_COMM_BYTES},
    NamePlace{WP_EVENT_VCPU, NamedThing::task, offsetof(wp_vcpu, process_comm), WP_COMM_BYTES},
    NamePlace{WP_EVENT_IRQ_NAME, NamedThing::interrupt, offsetof(wp_irq_name, name), WP_NAME_BYTES},
    NamePlace{WP_EVENT_FUNCTION, NamedThing::function, offsetof(wp_function, name),
              WP_FUNCTION_BYTES},
};

// The name in the field of `bytes`, which need not be terminated.
inline std::string_view name_in(Bytes bytes) {
  const std::string_view field(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return field.substr(0, std::min(field.find('\0'), field.size()));
}

// `visit(event, at)` for each whole event of the batch; where the last of them ends.
template <typename Visit>
std::size_t for_each_event(RecordView batch, Visit visit) {
  const Bytes bytes = batch.bytes();
  std::size_t at = sizeof(wp_batch);
  for (std::uint32_t i = 0; i < batch.count() && at + sizeof(wp_event) <= bytes.size(); ++i) {
    const auto event = load<wp_event>(bytes, at);
    if (event.size < sizeof(wp_event) || at + event.size > bytes.size()) {
      break;
    }
    visit(event, at);
    at += event.size;
  }
  return std::min(at, bytes.size());
}

// `visit(place, field)` for each name that an event at `at` of a batch has; `field` is a part of
// it.
template <typename Visit>
void for_each_name(const wp_event& event, std::size_t at, Visit visit) {
  for (const NamePlace& place : kNamePlaces) {
    if (place.kind == event.kind && sizeof(wp_event) + place.offset + place.bytes <= event.size) {
      visit(place, at + sizeof(wp_event) + place.offset);
    }
  }
}

}  // namespace wakepath::record
