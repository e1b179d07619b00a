// SPDX-License-Identifier: GPL-2.0-or-later
// The header of a file whose events are read from a text of it.
#pragma once

#include "import/trace_event.hpp"

namespace wakepath::foreign {

// Says `header`, and of its clock, resolution and architecture what that leaves unsaid as the text
// has it. Both must outlive this.
class WithHeader final : public TraceSink {
 public:
  WithHeader(TraceSink& next, const TraceInfo& header) : next_(next), header_(header) {}

  Result<void> about(const TraceInfo& info) override {
    TraceInfo both = header_;
    if (both.resolution_ns == 0) {
      both.resolution_ns = info.resolution_ns;
    }
    if (both.clock == TraceClock::unknown) {
      both.clock = info.clock;
      both.clock_name = info.clock_name;
    }
    if (both.arch.empty()) {
      both.arch = info.arch;
    }
    return next_.about(both);
  }
  Result<void> event(const TraceEvent& event) override { return next_.event(event); }
  Result<void> lost(const TraceLoss& loss) override { return next_.lost(loss); }

 private:
  TraceSink& next_;
  const TraceInfo& header_;
};

}  // namespace wakepath::foreign
