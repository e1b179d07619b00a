// SPDX-License-Identifier: GPL-2.0-or-later
// Records from the running kernel: BPF programs write to a ring per CPU, which the loop drains.
#pragma once

#include <memory>

#include "capture/capture_source.hpp"
#include "guest/guest.hpp"

namespace wakepath::capture {

// Probes, loads and attaches. `guest` (may be null, must outlive the source) is named as a VM, and
// its reports become records; it must be created but not yet started. Errors: unsupported,
// not_permitted, each with the command that mends it.
Result<std::unique_ptr<CaptureSource>> open_bpf_capture(const CaptureOptions& options,
                                                        guest::Guest* guest);

}  // namespace wakepath::capture
