// SPDX-License-Identifier: GPL-2.0-or-later
// A capture of the running host, whatever does it.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "capture/event_set.hpp"
#include "capture/host_files.hpp"
#include "capture/irq_book.hpp"
#include "wakepath/live.hpp"

namespace wakepath::capture {

struct CaptureOptions {
  EventSet events;
  std::optional<std::size_t> ring_bytes;  // of each CPU's ring: a power of two, a page at least
  std::chrono::nanoseconds poll{std::chrono::milliseconds(20)};
  bool program_stats{false};   // BPF_ENABLE_STATS while capturing, ProgramFact at the end
  bool without_kvm{false};     // start also where KVM is not there, or not yet
  std::string options_text;    // the command line, for HostFact
  IrqBook::Read irqs;          // where interrupts come from; empty: they have their names alone
  HostFiles::Read host_files;  // for the stream; empty: none
};

class CaptureSource : public LiveCapture {};

}  // namespace wakepath::capture
