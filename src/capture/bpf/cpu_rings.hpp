// SPDX-License-Identifier: GPL-2.0-or-later
// What the programs of each CPU write to, and the maps behind it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include <bpf/libbpf.h>

#include "capture/bpf/event_ring.hpp"
#include "capture/bpf/ring.hpp"
#include "capture/bpf/ring_layout.hpp"
#include "capture/bpf/ring_size.hpp"
#include "capture/bpf/side_records.hpp"
#include "util/fd.hpp"

namespace wakepath::capture {

struct CpuRings {
  std::uint32_t cpu{};
  std::optional<EventRing> events;  // none where BPF's atomics do not suffice
  Ring side;                        // what can't go there, and names
  SideRecords waiting{};            // those of `side` that were taken
};

// Of a loaded session, which owns all of it.
struct RingMaps {
  std::array<bpf_map*, WP_RING_NODES> chunks;  // those of the layout are as large as it says
  const bpf_map* side;
  wp_cpu_counters* counters;  // by CPU
  bool has_event_rings;
};

class AllRings {
 public:
  // The maps must outlive them. Errors: unsupported (no memory for them), not_permitted.
  static Result<AllRings> make(const RingMaps& maps, const RingLayout& layout,
                               const RingSizes& sizes);

  std::vector<CpuRings>& each() { return rings_; }

 private:
  Result<void> map_chunks(const RingMaps& maps, const RingLayout& layout);
  [[nodiscard]] Result<void> give_side_rings(const bpf_map* side) const;

  std::vector<Mapping> chunks_;  // of the layout's arrays; the rings refer to them
  std::vector<CpuRings> rings_;
};

// Why there is no ring of so many bytes; `error` is the errno of what was to make it.
tl::unexpected<Error> no_ring(int error, std::size_t bytes);

// Of a CPU; 0 where it can't be read.
std::uint32_t numa_node(std::uint32_t cpu);

}  // namespace wakepath::capture
