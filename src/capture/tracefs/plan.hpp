// SPDX-License-Identifier: GPL-2.0-or-later
// Which events a capture through tracefs enables, and why the others are left out. Pure.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "capture/bpf/attach_plan.hpp"

namespace wakepath::capture {

// One for each of catalogue(), in its order; `via` and `function` mean nothing here. `exists` says
// whether events/SYSTEM/NAME is there. hrtimer_start is taken with hrtimer_expire_entry, whatever
// `events` says: an expiry does not tell when it was due. Error: unsupported, where an event is
// missing without which there is no chain.
Result<std::vector<PlannedEvent>> tracefs_plan(
    const EventSet& events, std::string_view architecture,
    const std::function<bool(std::string_view system, std::string_view name)>& exists);

}  // namespace wakepath::capture
