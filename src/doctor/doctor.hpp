// SPDX-License-Identifier: GPL-2.0-or-later
// What this host can and can't do, and the command that mends it. Attaches nothing; what needs a
// privilege that is missing is said to be not checked.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "capture/event_set.hpp"

namespace wakepath::doctor {

struct Check {
  enum class State {
    ok,
    warning,  // a capture works, but shows less, or costs more
    missing,  // no capture without it
  };
  std::string name;
  State state{State::ok};
  std::string detail;
  std::string fix;  // empty where nothing is to be done, or can be
};

// In a fixed order, for a capture of `events` with rings of `ring_bytes` (the default where not
// given).
std::vector<Check> examine(const capture::EventSet& events,
                           std::optional<std::size_t> ring_bytes = std::nullopt);

}  // namespace wakepath::doctor
