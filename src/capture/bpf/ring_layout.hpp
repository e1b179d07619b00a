// SPDX-License-Identifier: GPL-2.0-or-later
// Where each CPU's event ring lies: in an array of its NUMA node, so that its programs write to
// near memory and find the place without a call (bpf/event_ring.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "util/cpu_set.hpp"

namespace wakepath::capture {

struct RingLayout {
  struct Place {
    std::uint32_t cpu;
    std::uint32_t array;        // of `arrays`
    std::uint32_t first_chunk;  // in it
    bool operator==(const Place&) const = default;
  };
  struct Array {
    std::uint32_t numa_node;
    std::uint32_t chunks;
    bool operator==(const Array&) const = default;
  };
  std::vector<Place> places;  // by CPU
  std::vector<Array> arrays;  // at most WP_RING_NODES: further nodes share them
};

// Rings of `ring_bytes`, a multiple of a chunk's.
RingLayout lay_out_rings(const CpuSet& cpus, std::size_t ring_bytes,
                         const std::function<std::uint32_t(std::uint32_t cpu)>& numa_node);

}  // namespace wakepath::capture
