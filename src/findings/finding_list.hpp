// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wakepath/finding.hpp"

namespace wakepath::findings {

// The gravest first; those of one severity stay as they are.
void sort_by_severity(std::vector<Finding>& findings);

// A finding of `limit` or graver is among them. nullopt: no finding is that grave.
bool any_as_grave(const std::vector<Finding>& findings, std::optional<Severity> limit);

// Of the first fix: its command, else its note; empty where there is no fix. For outputs that have
// room for one text.
std::string first_fix_text(const std::vector<Fix>& fixes);

// A figure that may not be known.
FigureValue known_or_null(std::optional<std::uint64_t> value);

}  // namespace wakepath::findings
