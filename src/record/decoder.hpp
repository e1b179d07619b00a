// SPDX-License-Identifier: GPL-2.0-or-later
// Batches, ticks and guest reports, decoded. Counts in a record are held against its bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "wakepath/event.hpp"
#include "wakepath/record.hpp"

namespace wakepath::record {

// No host is up for 146 years. A record of a later time is damaged or made up, and is not read:
// sums and differences of all other times fit 64 bits, signed or not.
inline constexpr std::uint64_t kLatestNs = std::uint64_t{1} << 62U;
// Nor does a CPU have so many events. A larger count is taken for this one.
inline constexpr std::uint64_t kMostCounted = std::uint64_t{1} << 48U;

struct Batch {
  std::uint32_t cpu{};
  std::uint64_t failed{};               // cumulative, of this CPU
  std::uint32_t declared{};             // events that the batch says it has
  std::optional<std::uint32_t> number;  // of its first event, modulo WP_BATCH_NUMBERS
  std::uint64_t last_ns{};              // its youngest event, of whatever kind; 0: none
  std::vector<Event> events;            // of known kinds; records of names are left out
  bool malformed{};                     // its end could not be read
};

struct Tick {
  std::uint64_t time_ns{};
  std::uint64_t missed{};
  std::uint32_t flags{};
  std::vector<wp_tick_cpu> cpus;
  std::uint32_t number{};  // 0: the stream is not numbered
};

// False or nullopt: not even the fixed part is sound (CPU out of range, too short).
// `out.events` is reused, so that decoding does not allocate per batch.
bool decode_batch(RecordView view, Batch& out);
std::optional<Tick> decode_tick(RecordView view);
std::optional<wp_guest_report> decode_guest_report(RecordView view);

// The record; its head is filled in here.
std::vector<std::byte> encode(wp_guest_report report);

}  // namespace wakepath::record
