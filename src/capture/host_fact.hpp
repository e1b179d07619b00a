// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

#include "wakepath/facts.hpp"

namespace wakepath::capture {

std::uint64_t clock_ns(clockid_t clock);

// CLOCK_REALTIME - CLOCK_MONOTONIC, to 100 us; nullopt: this thread was held up between the two.
std::optional<std::uint64_t> realtime_offset_ns();

// What a HostFact says of this host. `bg_timer_offset` in struct kvm_vcpu, 0: not known.
Fact host_fact(std::uint32_t cpus, std::uint64_t bg_timer_offset, const std::string& options);

}  // namespace wakepath::capture
