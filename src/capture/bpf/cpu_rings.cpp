// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/cpu_rings.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>

#include <bpf/bpf.h>
#include <unistd.h>

#include "capture/privileges.hpp"

namespace wakepath::capture {

namespace {

Fd create_side_ring(std::size_t bytes, std::uint32_t node) {
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NUMA_NODE, .numa_node = node);
  return Fd(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "wp_side", 0, 0, static_cast<std::uint32_t>(bytes),
                           &options));
}

}  // namespace

std::uint32_t numa_node(std::uint32_t cpu) {
  constexpr std::string_view prefix = "node";
  std::error_code error;
  const std::string dir = "/sys/devices/system/cpu/cpu" + std::to_string(cpu);
  for (std::filesystem::directory_iterator it(dir, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with(prefix) && name.size() > prefix.size()) {
      return static_cast<std::uint32_t>(std::strtoul(name.c_str() + prefix.size(), nullptr, 10));
    }
  }
  return 0;
}

tl::unexpected<Error> no_ring(int error, std::size_t bytes) {
  return fail(error == EPERM ? ErrorKind::not_permitted : ErrorKind::unsupported,
              "no ring of " + std::to_string(bytes) + " bytes: " + std::strerror(error),
              error == EPERM ? permission_fix()
                             : "give smaller rings, or raise the memory limit (ulimit -l)");
}

Result<void> AllRings::map_chunks(const RingMaps& maps, const RingLayout& layout) {
  const auto page = static_cast<std::size_t>(::getpagesize());
  for (std::size_t i = 0; i < layout.arrays.size(); ++i) {
    const std::size_t bytes = layout.arrays[i].chunks * sizeof(wp_chunk);
    const std::size_t size = (bytes + page - 1) / page * page;
    Mapping mapping(::mmap(nullptr, size, PROT_READ, MAP_SHARED, bpf_map__fd(maps.chunks[i]), 0),
                    size);
    if (!mapping) {
      return fail(ErrorKind::not_permitted,
                  std::string("the event rings can't be mapped: ") + std::strerror(errno));
    }
    chunks_.push_back(std::move(mapping));
  }
  return {};
}

// Each update of a map of maps waits until no program runs that may have seen the one before
// (maybe_wait_bpf_programs() in kernel/bpf/syscall.c): some 20 ms, which hundreds of CPUs had
// better wait for at once.
Result<void> AllRings::give_side_rings(const bpf_map* side) const {
  constexpr std::size_t kMostThreads = 64;
  const int maps = bpf_map__fd(side);
  std::atomic<std::size_t> next{0};
  std::atomic<int> error{0};
  const auto give = [&] {
    for (std::size_t at = next++; at < rings_.size(); at = next++) {
      const int fd = rings_[at].side.map();
      if (bpf_map_update_elem(maps, &rings_[at].cpu, &fd, BPF_ANY) != 0) {
        error = errno;
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    try {
      while (helpers.size() + 1 < std::min(kMostThreads, rings_.size())) {
        helpers.emplace_back(give);
      }
    } catch (const std::system_error&) {
      // No more threads allowed here: then it takes longer.
    }
    give();
  }
  if (error != 0) {
    return fail(ErrorKind::bug,
                std::string("the rings can't be given to the programs: ") + std::strerror(error));
  }
  return {};
}

Result<AllRings> AllRings::make(const RingMaps& maps, const RingLayout& layout,
                                const RingSizes& sizes) {
  AllRings all;
  if (maps.has_event_rings) {
    if (auto mapped = all.map_chunks(maps, layout); !mapped) {
      return tl::unexpected(mapped.error());
    }
  }
  const std::size_t bytes = maps.has_event_rings ? sizes.side : sizes.events;
  for (const RingLayout::Place& place : layout.places) {
    wp_cpu_counters& counters = maps.counters[place.cpu];
    std::optional<EventRing> events;
    if (maps.has_event_rings) {
      counters.ring_node = place.array;
      counters.first_chunk = place.first_chunk;
      const auto* array = static_cast<const wp_chunk*>(all.chunks_[place.array].get());
      events.emplace(array + place.first_chunk, sizes.events, &counters);
    } else {
      counters.busy = 1;
    }
    Fd map = create_side_ring(bytes, numa_node(place.cpu));
    if (!map) {
      return no_ring(errno, bytes);
    }
    auto side = Ring::open(std::move(map), place.cpu, bytes);
    if (!side) {
      return tl::unexpected(side.error());
    }
    all.rings_.push_back({place.cpu, events, std::move(*side)});
  }
  if (auto given = all.give_side_rings(maps.side); !given) {
    return tl::unexpected(given.error());
  }
  return all;
}

}  // namespace wakepath::capture
