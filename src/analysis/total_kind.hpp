// SPDX-License-Identifier: GPL-2.0-or-later
// Which total a wake has. Totals of different kinds are never put together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

enum class TotalKind : std::uint8_t {
  to_entry,     // from the cause to guest entry
  to_sched_in,  // guest entry can't be seen
  from_irq,     // when the timer was due is not known
};
inline constexpr std::size_t kTotalKinds = 3;

// As outputs name it: "total", "total_to_sched_in", "total_from_irq".
std::string_view name_of(TotalKind kind);

// A loss may have touched the wake, or it has no times: nothing of it is measured.
bool is_measured(const WakeChain& chain);

// nullopt: it is not measured, its cause is not known, or it ended before its thread had a CPU.
std::optional<TotalKind> total_kind(const WakeChain& chain);

}  // namespace wakepath::analysis
