// SPDX-License-Identifier: GPL-2.0-or-later
// The page's sections, in its order. Each is empty where there is nothing to show.
#pragma once

#include "report/collected.hpp"
#include "report/parts.hpp"

namespace wakepath::report {

void write_answer(const Collected& all, Html& html);
void write_comparison(const Collected& all, Html& html);
void write_findings(const Collected& all, Html& html, Commands& commands);
void write_who_waits(const Collected& all, Html& html);
void write_where(const Collected& all, Html& html);
void write_course(const Collected& all, Html& html);
void write_heat_map(const Collected& all, Html& html);
void write_histogram(const Collected& all, Html& html);
void write_paths(const Collected& all, Html& html);
void write_worst(const Collected& all, Html& html, Commands& commands);
void write_interrupts(const Collected& all, Html& html);
void write_audit(const Collected& all, Html& html, Commands& commands);
void write_losses(const Collected& all, Html& html);
void write_recording(const Collected& all, Html& html);

// Of a worst wake: its stages at their place, and below them what each CPU did.
void draw_wake(const WorstWake& wake, Html& html);

}  // namespace wakepath::report
