// SPDX-License-Identifier: GPL-2.0-or-later
// What this host can and can't do, and what mends it. Attaches nothing. Where a privilege is
// missing that a check needs, the check says that it did not look.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "capture/event_set.hpp"
#include "findings/check.hpp"

namespace wakepath::doctor {

// In a fixed order, for a capture of `events` with rings of `ring_bytes` (the default where not
// given).
std::vector<findings::Check> examine(const capture::EventSet& events,
                                     std::optional<std::size_t> ring_bytes = std::nullopt);

}  // namespace wakepath::doctor
