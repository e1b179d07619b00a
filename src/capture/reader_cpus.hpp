// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "util/cpu_set.hpp"

namespace wakepath::capture {

// Keeps the calling thread on `cpus`, as far as its affinity so far allows: the reader must not
// disturb isolated CPUs. Where nothing would be left, its affinity stays as it is.
void run_reader_on(const CpuSet& cpus);

}  // namespace wakepath::capture
