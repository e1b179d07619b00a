// SPDX-License-Identifier: GPL-2.0-or-later
// Findings for programs: one schema, whichever command makes them.
#pragma once

#include <fmt/format.h>

#include "wakepath/finding.hpp"

namespace wakepath::present {

// One line, of type "finding".
void finding_json(const Finding& finding, fmt::memory_buffer& out);

}  // namespace wakepath::present
