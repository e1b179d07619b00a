// SPDX-License-Identifier: GPL-2.0-or-later
// The events of ftrace that are used, by name, and what their fields say: of binary records and of
// text that has the fields by name alike.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "import/trace_event.hpp"

namespace wakepath::foreign {

inline constexpr std::size_t kMostFields = 7;

// The fields of one event, by their places in its FieldSpec. One that is not there is 0 or empty.
class EventFields {
 public:
  EventFields() = default;
  EventFields(const EventFields&) = delete;
  EventFields& operator=(const EventFields&) = delete;
  virtual ~EventFields() = default;
  [[nodiscard]] virtual bool has(std::size_t field) const = 0;
  [[nodiscard]] virtual std::uint64_t number(std::size_t field) const = 0;
  [[nodiscard]] virtual std::string_view text(std::size_t field) const = 0;
  // That may exist; 0: not known.
  [[nodiscard]] virtual std::uint32_t cpus() const = 0;

  [[nodiscard]] std::uint32_t number32(std::size_t field) const {
    return static_cast<std::uint32_t>(number(field));
  }
  [[nodiscard]] std::int32_t signed32(std::size_t field) const {
    return static_cast<std::int32_t>(number32(field));
  }
};

struct FieldSpec {
  wp_event_kind kind;
  std::array<const char*, kMostFields> fields;  // null or empty: none
  // All but names that are looked up elsewhere.
  void (*fill)(const EventFields& in, TraceEvent& event);
  // Bits of `fields`: without these, and without one of those, the event is void.
  std::uint8_t needed{0};
  std::uint8_t one_of{0};
};

// Null where wakepath has no use for the event.
const FieldSpec* field_spec(std::string_view system, std::string_view name);
const FieldSpec* field_spec(wp_event_kind kind);

}  // namespace wakepath::foreign
