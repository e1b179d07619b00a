// SPDX-License-Identifier: GPL-2.0-or-later
// What to do about somebody who had the time of a wake. Whether it is of one wake or of all of
// them, the advice is the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "util/cpu_set.hpp"
#include "wakepath/finding.hpp"
#include "wakepath/interrupt.hpp"

namespace wakepath::findings {

// A stream does not tell the recorder's own threads. So this is by the name, and no more than a
// reason to look.
bool is_tracer(std::string_view task);
// `task`: its name; a kworker's may have the work item behind it. `off`: "CPU 1".
Fix move_task(std::string_view task, std::optional<std::uint32_t> tid, std::string_view off);

// Each CPU has an interrupt of its own of this kind (timers, counters, KVM's own): nobody can move
// it. `what` begins with the action's name; `interrupt` may be null.
bool is_own_interrupt(std::string_view what, const Interrupt* interrupt);
// No handler of such an interrupt takes so long, unless something is wrong.
inline constexpr std::uint64_t kLongOwnInterrupt = 200'000;
// `longest_ns`: its longest stay. `cpu`: nullopt: on several.
Fix move_interrupt(std::string_view what, const Interrupt* interrupt, std::uint64_t longest_ns,
                   std::optional<std::uint32_t> cpu);

// "idle state 2", as blame names it. Without its number, or without CPUs, no command can be given.
Fix forbid_idle_state(std::string_view what, const CpuSet& cpus);

// Where `free` CPUs are known, a task that is only shown gets the command that moves it there.
void move_to(Finding& finding, const CpuSet& free);

}  // namespace wakepath::findings
