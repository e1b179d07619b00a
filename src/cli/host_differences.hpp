// SPDX-License-Identifier: GPL-2.0-or-later
// In what the hosts of two recordings differ.
#pragma once

#include "analysis/comparison.hpp"
#include "cli/setting_tap.hpp"

namespace wakepath::cli {

// By their headers, and by the settings that the recordings hold.
void add_host_differences(const Settings& before, const Settings& after,
                          analysis::Comparison& comparison);

}  // namespace wakepath::cli
