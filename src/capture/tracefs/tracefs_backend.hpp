// SPDX-License-Identifier: GPL-2.0-or-later
// Records from the running kernel without BPF: ftrace's events through tracefs, from Linux 4.14 on.
#pragma once

#include <memory>
#include <string>

#include "capture/capture_source.hpp"
#include "guest/guest.hpp"

namespace wakepath::capture {

// What no capture through tracefs can do without. Errors: unsupported, not_permitted, each with the
// command that mends it.
Result<void> need_tracefs();

// As open_bpf_capture(). `reason`: why it is not BPF, for a notice in the stream; empty: it was
// asked for. What the source hands on is some 150 ms old: whether a thread is a vCPU shows in what
// follows. Errors as need_tracefs().
Result<std::unique_ptr<CaptureSource>> open_tracefs_capture(const CaptureOptions& options,
                                                            guest::Guest* guest,
                                                            const std::string& reason);

}  // namespace wakepath::capture
