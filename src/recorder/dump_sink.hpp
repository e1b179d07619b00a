// SPDX-License-Identifier: GPL-2.0-or-later
// Where a recorder's recordings go.
#pragma once

#include <cstdint>

#include "recorder/stream_window.hpp"
#include "wakepath/facts.hpp"
#include "wakepath/record.hpp"

namespace wakepath::recorder {

// Why a recording is made. Of several breaches, the worst.
struct DumpReason {
  BreachFact breach;
  double times_limit{};         // how far beyond the limit it was: what is worth keeping
  std::uint64_t realtime_ns{};  // CLOCK_REALTIME of the breach
  std::uint64_t breaches{};     // so many in the recording
  std::uint64_t number{};       // of the recording, from 1
  bool cut{};                   // it could not be kept as long as it should be
};

class DumpSink {
 public:
  DumpSink() = default;
  DumpSink(const DumpSink&) = delete;
  DumpSink& operator=(const DumpSink&) = delete;
  virtual ~DumpSink() = default;

  // One recording at a time: begin, its records, its chunks, end.
  virtual void begin(const DumpReason& reason) = 0;
  virtual void records(Bytes records) = 0;
  virtual void chunk(const StreamChunkPtr& chunk) = 0;
  virtual void end(const DumpReason& reason) = 0;
};

}  // namespace wakepath::recorder
