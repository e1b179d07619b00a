// SPDX-License-Identifier: GPL-2.0-or-later
// Opens a capture by the backend that this host can use.
#pragma once

#include <memory>
#include <string>

#include "capture/capture_source.hpp"
#include "guest/guest.hpp"
#include "wakepath/live.hpp"

namespace wakepath::capture {

struct OpenCapture {
  std::unique_ptr<CaptureSource> source;
  std::string why_not_bpf;  // empty: it is BPF, or tracefs was asked for
};

// `guest` may be null; it must outlive the source. Errors as open_bpf_capture() and need_tracefs().
Result<OpenCapture> open_capture(LiveBackend backend, const CaptureOptions& options,
                                 guest::Guest* guest);

}  // namespace wakepath::capture
