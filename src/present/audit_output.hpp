// SPDX-License-Identifier: GPL-2.0-or-later
// What an audit found, for people and for programs.
#pragma once

#include <cstddef>

#include <fmt/format.h>

#include "audit/audit.hpp"

namespace wakepath::present {

// At most `most` findings, and the commonest reasons why rules were not checked; 0: all. `width`:
// of a line.
void audit_text(const audit::AuditReport& report, std::size_t most, std::size_t width,
                fmt::memory_buffer& out);

// Parts of it: which CPUs it is about and what was observed; how much was found, and what was not
// checked.
void audit_scope(const audit::AuditReport& report, fmt::memory_buffer& out);
void audit_summary(const audit::AuditReport& report, fmt::memory_buffer& out);

// A line for each finding, then one of type "audit" for the whole.
void audit_ndjson(const audit::AuditReport& report, fmt::memory_buffer& out);

}  // namespace wakepath::present
