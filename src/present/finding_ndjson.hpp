// SPDX-License-Identifier: GPL-2.0-or-later
// Findings for programs: one schema, whichever command makes them.
#pragma once

#include <vector>

#include <fmt/format.h>

#include "present/json.hpp"
#include "wakepath/finding.hpp"

namespace wakepath::present {

// The field "fixes".
// An array of its two ends; nothing where it is not known.
void write_change(JsonWriter& json, std::string_view name,
                  const std::optional<ChangeInterval>& change);
void write_fixes(JsonWriter& json, const std::vector<Fix>& fixes);

// One line, of type "finding".
void finding_json(const Finding& finding, fmt::memory_buffer& out);

}  // namespace wakepath::present
