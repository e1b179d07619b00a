// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/ring_layout.hpp"

#include <algorithm>

#include "bpf/event_ring.h"

namespace wakepath::capture {

RingLayout lay_out_rings(const CpuSet& cpus, std::size_t ring_bytes,
                         const std::function<std::uint32_t(std::uint32_t cpu)>& numa_node) {
  const auto chunks = static_cast<std::uint32_t>(ring_bytes / WP_CHUNK_BYTES);
  RingLayout layout;
  std::vector<std::uint32_t> nodes;  // as they come
  for (const std::uint32_t cpu : cpus.list()) {
    const std::uint32_t node = numa_node(cpu);
    auto found = std::ranges::find(nodes, node);
    if (found == nodes.end()) {
      found = nodes.insert(nodes.end(), node);
    }
    const auto array = static_cast<std::uint32_t>(found - nodes.begin()) % WP_RING_NODES;
    if (array == layout.arrays.size()) {
      layout.arrays.push_back({node, 0});
    }
    layout.places.push_back({cpu, array, layout.arrays[array].chunks});
    layout.arrays[array].chunks += chunks;
  }
  return layout;
}

}  // namespace wakepath::capture
