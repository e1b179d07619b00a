// SPDX-License-Identifier: GPL-2.0-or-later
// The vCPUs that run now: does each of them block, so that there are wakes to trace?
#pragma once

#include <vector>

#include "findings/check.hpp"

namespace wakepath::doctor {

// Takes about a second where there are any.
void check_vcpus(std::vector<findings::Check>& out);

}  // namespace wakepath::doctor
