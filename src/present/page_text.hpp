// SPDX-License-Identifier: GPL-2.0-or-later
// The first page of a run: the verdict, what is wrong and what to do, who waits, where the time
// goes, how it is spread, when, and the slowest wakes. What few want to know stands at its end.
#pragma once

#include <vector>

#include <fmt/format.h>

#include "present/summary_text.hpp"
#include "wakepath/finding.hpp"

namespace wakepath::present {

// The line above all: by whom, of which host, when.
void append_page_header(const Header& header, const TextOptions& options, fmt::memory_buffer& out);

void append_page(const Summary& summary, const RunView& run, const TextOptions& options,
                 fmt::memory_buffer& out);

// What is wrong, the gravest first; what is only worth knowing is left out.
std::vector<Finding> page_findings(const Summary& summary, const RunView& run);

// Parts of it; each is empty where there is nothing to show.
// A line for each verdict: "PASS  ...", "FAIL  ...", "NOT JUDGED  ...".
void append_judged(const Summary& summary, const TextOptions& options, fmt::memory_buffer& out);
void append_ranking(const Summary& summary, const TextOptions& options, fmt::memory_buffer& out);
void append_stages(const Summary& summary, const TextOptions& options, fmt::memory_buffer& out);
void append_course(const Summary& summary, const TextOptions& options, fmt::memory_buffer& out);
void append_slowest(const Summary& summary, const RunView& run, const TextOptions& options,
                    fmt::memory_buffer& out);
// Commands on the slowest wake: their lines stay whole, for they are to be copied.
void append_next_commands(const Summary& summary, const TextOptions& options,
                          fmt::memory_buffer& out);

}  // namespace wakepath::present
