// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "analysis/comparison.hpp"
#include "present/summary_text.hpp"

namespace wakepath::present {

void compare_text(const analysis::Comparison& comparison, const TextOptions& options,
                  fmt::memory_buffer& out);
void compare_ndjson(const analysis::Comparison& comparison, fmt::memory_buffer& out);

// Parts of it. The first line: is it worse, and by how much.
void append_change(const analysis::Comparison& of, const TextOptions& options,
                   fmt::memory_buffer& out);
// Which recordings: "before  a.wkp: Linux ..."
void append_compared_side(std::string_view name, const analysis::SideInfo& side,
                          fmt::memory_buffer& out);
// Cells of its tables.
std::string ns_text(double ns);
std::string who_changed(const analysis::ChangeRow& row);
std::string change_value_text(const analysis::ChangeRow& row, double value);
std::string change_signed_text(const analysis::ChangeRow& row, double value);
// Of a part of the wakes only the stages that changed are for people: the NDJSON has all.
bool change_is_shown(const analysis::Comparison& of, const analysis::ChangeRow& row);
// Are there wakes enough for the row's quantity?
bool change_is_carried(const analysis::ChangeRow& row, std::uint64_t count);

}  // namespace wakepath::present
