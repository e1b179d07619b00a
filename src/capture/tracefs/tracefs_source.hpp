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

class TracefsSource final : public CaptureSource {
 public:
  // As LiveSource::open(). `reason`: why it is not BPF, for a notice in the stream; empty: it was
  // asked for. Errors as need_tracefs().
  static Result<std::unique_ptr<TracefsSource>> open(const CaptureOptions& options,
                                                     guest::Guest* guest,
                                                     const std::string& reason);
  ~TracefsSource() override;

  // Sleeps one poll interval, then takes what is in the buffers. What it hands on is some 150 ms
  // old: whether a thread is a vCPU shows in what follows. After stop(): to the end, and the
  // instance is gone.
  Result<bool> pump(RecordSink& sink) override;
  void stop() override;

 private:
  struct Impl;
  explicit TracefsSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wakepath::capture
