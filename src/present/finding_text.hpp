// SPDX-License-Identifier: GPL-2.0-or-later
// Findings for people, in the one form that all commands have.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "wakepath/finding.hpp"

namespace wakepath::present {

// Severity, rule and text on a line, then what to do about it. `rule_width`: of the widest rule.
void append_finding(const Finding& finding, std::size_t rule_width, fmt::memory_buffer& out);

// The column of its text.
std::size_t text_column(std::size_t rule_width);

// "fix", or "look" where the command changes nothing.
std::string_view label_of(const Fix& fix);

// "fix: COMMAND" or "look: COMMAND" after `indent` blanks, and its note on a line of its own; where
// there is no command, the note stands in its place.
void append_fixes(const std::vector<Fix>& fixes, std::size_t indent, fmt::memory_buffer& out);

// The same for a page of `width` columns: wider lines go on below, indented by `indent`. A command
// stays on its line, so that it can be copied.
std::string fitted(std::string_view text, std::size_t width, std::size_t indent);

// In a sentence: "COMMAND (note)".
std::string fix_phrase(const Fix& fix);

}  // namespace wakepath::present
