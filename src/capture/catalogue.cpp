// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/catalogue.hpp"

#include <algorithm>
#include <array>

namespace wakepath::capture {

namespace {

constexpr std::size_t kCaptured = static_cast<std::size_t>(
    std::ranges::count_if(record::kEventTable, &record::EventRow::is_captured));

constexpr std::array<Tracepoint, kCaptured> captured_events() {
  std::array<Tracepoint, kCaptured> captured{};
  std::size_t at = 0;
  for (const record::EventRow& row : record::kEventTable) {
    if (row.is_captured()) {
      const bool required = row.sets == record::InSets::required;
      captured[at++] = {row.kind,
                        row.name,
                        row.system,
                        row.where,
                        row.event_class != record::EventClass::tracepoint,
                        required || row.sets == record::InSets::production,
                        required,
                        row.since};
    }
  }
  return captured;
}

constexpr auto kTracepoints = captured_events();

}  // namespace

std::span<const Tracepoint> catalogue() { return kTracepoints; }

const Tracepoint* find_tracepoint(std::string_view name) {
  const auto found = std::ranges::find(kTracepoints, name, &Tracepoint::name);
  return found == kTracepoints.end() ? nullptr : &*found;
}

}  // namespace wakepath::capture
