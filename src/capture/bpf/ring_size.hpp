// SPDX-License-Identifier: GPL-2.0-or-later
// How much memory the rings take. Pure.
#pragma once

#include <cstddef>
#include <optional>

#include "wakepath/result.hpp"

namespace wakepath::capture {

inline constexpr std::size_t kDefaultRingBytes = std::size_t{1} << 20;
inline constexpr std::size_t kLeastDefaultRingBytes = std::size_t{64} << 10;
inline constexpr std::size_t kAllRingsBytes = std::size_t{256} << 20;

// Of one CPU.
struct RingSizes {
  std::size_t events{};
  std::size_t side{};  // a quarter, but a page at least
};

// `wanted` where given, else 1 MiB, halved until the event rings of all CPUs together fit into 256
// MiB, but not below 64 KiB or a page. Error: usage, where `wanted` is no power of two, below a
// page or above 1 GiB.
Result<RingSizes> ring_size(std::optional<std::size_t> wanted, std::size_t cpus, std::size_t page);

}  // namespace wakepath::capture
