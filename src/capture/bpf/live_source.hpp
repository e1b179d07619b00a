// SPDX-License-Identifier: GPL-2.0-or-later
// Records from the running kernel: BPF programs write to a ring per CPU, pump() drains them.
#pragma once

#include <memory>

#include "capture/capture_source.hpp"
#include "guest/guest.hpp"

namespace wakepath::capture {

class LiveSource final : public CaptureSource {
 public:
  // Probes, loads and attaches. `guest` (may be null, must outlive the source) is named as a VM,
  // and its reports become records; it must be created but not yet started. Errors: unsupported,
  // not_permitted, each with the command that mends it.
  static Result<std::unique_ptr<LiveSource>> open(const CaptureOptions& options,
                                                  guest::Guest* guest);
  ~LiveSource() override;

  // Sleeps one poll interval, then: Tick, rings, guest reports. After stop(): detaches, drains to
  // the end, WP_TICK_LAST, and returns false.
  Result<bool> pump(RecordSink& sink) override;
  void stop() override;

 private:
  struct Impl;
  explicit LiveSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wakepath::capture
