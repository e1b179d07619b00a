// SPDX-License-Identifier: GPL-2.0-or-later
// Which events a capture asks for: `--events default|full|NAME,..|+NAME|-NAME,..`.
#pragma once

#include <bitset>
#include <string_view>

#include "wakepath/abi.h"
#include "wakepath/result.hpp"

namespace wakepath::capture {

struct EventSet {
  std::bitset<WP_EVENT_KINDS> kinds;
  // Full: also guest entries without an open wake, and timers' lines that go down.
  bool every_kvm_event{false};

  // For production: what the chain needs; kvm_exit, hrtimer_start and the like off.
  static EventSet production();
  static EventSet full();
  // "default", "full", or a comma list: names add to nothing, "+name" and "-name" to the default
  // set (or to `base`). Error: usage, naming the unknown event and those that exist.
  static Result<EventSet> parse(std::string_view text);
};

}  // namespace wakepath::capture
