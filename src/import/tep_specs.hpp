// SPDX-License-Identifier: GPL-2.0-or-later
// The events of ftrace that are used, by name, and what their fields say.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "import/tep_record.hpp"
#include "import/trace_event.hpp"

namespace wakepath::foreign {

inline constexpr std::size_t kMostTepFields = 6;
using TepFields = std::array<TepField, kMostTepFields>;

// One record of an event, and what is to be filled in from it.
struct TepFill {
  const TepRecord& record;
  const TepFields& fields;
  std::uint32_t cpus;  // that may exist; 0: not known
  TraceEvent& event;

  [[nodiscard]] std::uint64_t number(std::size_t field) const {
    return record.number(fields[field]);
  }
  [[nodiscard]] std::uint32_t number32(std::size_t field) const {
    return record.number32(fields[field]);
  }
  [[nodiscard]] std::int32_t signed32(std::size_t field) const {
    return static_cast<std::int32_t>(record.number32(fields[field]));
  }
  [[nodiscard]] std::string_view text(std::size_t field) const {
    return record.text(fields[field]);
  }
  [[nodiscard]] bool has(std::size_t field) const {
    return fields[field].kind != TepField::Kind::missing;
  }
};

struct TepSpec {
  wp_event_kind kind;
  std::array<const char*, kMostTepFields> fields;  // null or empty: none
  void (*fill)(const TepFill&);                    // all but names that are looked up elsewhere
};

// Null where wakepath has no use for the event.
const TepSpec* tep_spec(std::string_view system, std::string_view name);

}  // namespace wakepath::foreign
