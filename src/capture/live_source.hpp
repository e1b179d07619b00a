// SPDX-License-Identifier: GPL-2.0-or-later
// Records from the running kernel: BPF programs write to a ring per CPU, pump() drains them.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "capture/event_set.hpp"
#include "capture/host_files.hpp"
#include "capture/irq_book.hpp"
#include "guest/guest.hpp"
#include "wakepath/record.hpp"

namespace wakepath::capture {

struct CaptureOptions {
  EventSet events;
  std::optional<std::size_t> ring_bytes;  // of each CPU's ring: a power of two, a page at least
  std::chrono::nanoseconds poll{std::chrono::milliseconds(20)};
  bool program_stats{false};   // BPF_ENABLE_STATS while capturing, WP_FACT_PROGRAM at the end
  std::string options_text;    // the command line, for WP_FACT_HOST
  IrqBook::Read irqs;          // where interrupts come from; empty: they have their names alone
  HostFiles::Read host_files;  // for the stream; empty: none
};

class LiveSource final : public RecordSource {
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
  void stop();

 private:
  struct Impl;
  explicit LiveSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wakepath::capture
