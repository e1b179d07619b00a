// SPDX-License-Identifier: GPL-2.0-or-later
// The CPUs of this host, and how large the buffers of each are to be.
#pragma once

#include <cstddef>

#include "capture/bpf/ring_size.hpp"
#include "capture/capture_source.hpp"
#include "host/host_facts.hpp"

namespace wakepath::capture {

struct RingPlan {
  host::Cpus cpus;
  RingSizes bytes;
  std::size_t page{};  // bytes
};

// Allows this process the open files for it. Errors: usage, where the options ask for a size that
// can't be; not_permitted.
Result<RingPlan> plan_rings(const CaptureOptions& options);

// As need_kvm(), where the options do not say that the capture starts without it.
Result<void> need_wanted_kvm(const CaptureOptions& options);

}  // namespace wakepath::capture
