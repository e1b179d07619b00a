// SPDX-License-Identifier: GPL-2.0-or-later
// Which known word a mistyped one may have been meant to be.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wakepath {

// How many letters must be added, left out, replaced or swapped with their neighbour.
std::size_t edit_distance(std::string_view a, std::string_view b);

// nullopt where none is near: a suggestion at random helps nobody.
std::optional<std::string> closest(std::string_view given, std::span<const std::string> known);

// "; did you mean 'replay'?", or nothing.
std::string did_you_mean(std::string_view given, std::span<const std::string> known);

}  // namespace wakepath
