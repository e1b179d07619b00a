// SPDX-License-Identifier: GPL-2.0-or-later
// Cuts the time around one wake out of a recording, as the flight recorder would have kept it.
#pragma once

#include <functional>
#include <memory>

#include "recorder/flight_recorder.hpp"
#include "screen/series.hpp"
#include "wakepath/pipeline.hpp"
#include "wakepath/sources.hpp"

namespace wakepath::cli {

class WakeCut {
 public:
  // `source` is at its begin, and `options` are those by which the wake has its number. `to` must
  // outlive it. Error: bug.
  static Result<std::unique_ptr<WakeCut>> begin(std::unique_ptr<InputSource> source,
                                                PipelineOptions options, recorder::DumpSink& to,
                                                screen::KeptWake wake);

  // Reads on, while `go_on` says so. True: it is over. Errors: those of the source; bad_input,
  // where the wake is not found again.
  Result<bool> advance(const std::function<bool()>& go_on);
  [[nodiscard]] const WakeChain& wake() const { return *wake_; }

 private:
  WakeCut(std::unique_ptr<InputSource> source, screen::KeptWake wake)
      : source_(std::move(source)), wake_(std::move(wake)) {}
  void told(const WakeChain& chain);

  Sink nobody_;
  std::unique_ptr<InputSource> source_;
  screen::KeptWake wake_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<recorder::FlightRecorder> recorder_;
  bool found_{false};
};

}  // namespace wakepath::cli
