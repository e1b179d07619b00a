// SPDX-License-Identifier: GPL-2.0-or-later
// How many files this process may have open: a capture has some for each CPU.
#pragma once

#include <cstdint>

#include "wakepath/result.hpp"

namespace wakepath::capture {

// Raises the limit as far as a capture of `cpus` CPUs needs and this process may. The default of
// 1024 is too low for 200 CPUs. Errors: not_permitted.
Result<void> allow_open_files(std::uint32_t cpus);

}  // namespace wakepath::capture
