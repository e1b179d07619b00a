// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/wake_cut.hpp"

#include <utility>

#include <fmt/format.h>

namespace wakepath::cli {

Result<std::unique_ptr<WakeCut>> WakeCut::begin(std::unique_ptr<InputSource> source,
                                                PipelineOptions options, recorder::DumpSink& to,
                                                screen::KeptWake wake) {
  std::unique_ptr<WakeCut> cut(new WakeCut(std::move(source), std::move(wake)));
  options.wake_told = [raw = cut.get()](const WakeChain& chain) { raw->told(chain); };
  cut->pipeline_ = std::make_unique<Pipeline>(std::move(options), cut->nobody_);
  WAKEPATH_TRY(cut->recorder_,
               recorder::FlightRecorder::create({}, to, *cut->pipeline_, [] { return 0; }));
  return cut;
}

void WakeCut::told(const WakeChain& chain) {
  if (!found_ && chain.id == wake_->id && chain.end_ns == wake_->end_ns) {
    found_ = recorder_->keep_wake(chain);
  }
}

Result<bool> WakeCut::advance(const std::function<bool()>& go_on) {
  bool more = true;
  while (more && !(found_ && !recorder_->is_open())) {
    if (!go_on()) {
      return false;
    }
    WAKEPATH_TRY(more, source_->pump(*recorder_));
  }
  if (!more) {
    // What the pipeline held back until now.
    WAKEPATH_CHECK(pipeline_->finish());
    WAKEPATH_CHECK(recorder_->finish());
  }
  if (!found_) {
    return fail(ErrorKind::bad_input,
                fmt::format("wake #{} is not found again, or is longer than 4s", wake_->id));
  }
  return true;
}

}  // namespace wakepath::cli
