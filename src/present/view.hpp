// SPDX-License-Identifier: GPL-2.0-or-later
// Small pieces of text that every form for people shares. All of it is safe for a terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "util/count_text.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::present {

// "web1 vCPU 0"; "unknown VM vCPU 0, thread 96"; "unknown VM, thread 96" where neither is known.
std::string who_text(const VcpuIdentity& who);
// What tells VMs of one name apart: " (pid 95)", " (tid 96)" where not even that is known, or
// nothing.
std::string vm_suffix(std::optional<std::uint32_t> pid, std::optional<std::uint32_t> tid);
// "lossy, cut"; empty where there is none.
std::string flags_text(const Flags& flags);
// What the flag means, for a reader who meets it for the first time.
std::string_view meaning_of(Flag flag);
// A wake as a whole: "total", "total_to_sched_in", "total_from_irq".
bool is_total(std::string_view stage);
// "total_to_sched_in" -> "total (to sched_in)", others as they are.
std::string stage_label(std::string_view stage);
// Exact, so that a column of them can be added up: "1520.123us".
std::string micros(std::int64_t ns);
// Exact too, for a place in the capture: "12.345678901s".
std::string seconds(std::int64_t ns);
// "2026-11-28 06:34:34 UTC"
std::string utc_text(std::uint64_t realtime_ns);
// "2026-11-28T06:34:34.123456789Z"
std::string iso_time(std::uint64_t realtime_ns);
// "64K", "1M", "5000".
std::string size_text(std::uint64_t bytes);
using wakepath::count_text;
// "3 events"; "events (not known how many)" where the number is the least that it can be.
std::string lost_text(std::uint64_t events, bool exact);

// "-" where the text is empty: it is not there, or not known.
std::string or_dash(const std::string& text);

// Of a kernel priority (include/linux/sched/prio.h): "deadline", "rt", "fair".
std::string_view scheduling_class(std::int32_t prio);
// "fair, nice 0", "rt 50", "deadline".
std::string priority_text(std::int32_t prio);

// Columns that escaped text takes in a terminal.
std::size_t columns_of(std::string_view text);
// Cut to `limit` columns, the cut marked by "…".
std::string shorten(std::string_view text, std::size_t limit);

}  // namespace wakepath::present
