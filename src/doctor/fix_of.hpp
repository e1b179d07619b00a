// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "wakepath/finding.hpp"
#include "wakepath/result.hpp"

namespace wakepath::doctor {

// What mends the error: its fix as a command where it is one, else as a note.
Fix fix_of(const Error& error);

// The capabilities that a capture needs, and `more`, for the program that runs.
Fix grant_to_self(std::string_view more = {});

}  // namespace wakepath::doctor
