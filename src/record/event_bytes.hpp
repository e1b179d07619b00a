// SPDX-License-Identifier: GPL-2.0-or-later
// An event as the stream holds it.
#pragma once

#include <cstddef>
#include <vector>

#include "wakepath/event.hpp"

namespace wakepath::record {

// Appends the event's wp_event and the payload of its kind.
void append_event(const Event& event, std::vector<std::byte>& out);

}  // namespace wakepath::record
