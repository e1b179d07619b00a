// SPDX-License-Identifier: GPL-2.0-or-later
// Records of ftrace's ring buffer, read by their fields as the kernel that wrote them describes
// them (events/SYSTEM/NAME/format): Linux 4.14 and later. What a format lacks stays zero.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "import/trace_event.hpp"
#include "wakepath/record.hpp"

struct tep_handle;

namespace wakepath::foreign {

class TepEvents {
 public:
  // The name of the function at an address; empty: not known.
  using FunctionName = std::function<std::string(std::uint64_t address)>;

  // `tep` holds the formats and must outlive this. `cpus`: how many CPUs may exist; 0: not known.
  TepEvents(tep_handle& tep, std::uint32_t cpus, FunctionName function_name);
  ~TepEvents();
  TepEvents(const TepEvents&) = delete;
  TepEvents& operator=(const TepEvents&) = delete;

  enum class Kind : std::uint8_t {
    used,            // `event` holds it; its strings are valid until the next call
    left_out,        // an event that wakepath has no use for
    function_graph,  // an entry of the tracer function_graph
    unknown,         // of no event that has a format
    damaged,         // shorter than its format says
  };
  Kind read(Bytes record, std::uint64_t time_ns, std::uint32_t cpu, TraceEvent& event);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The clock that ftrace calls so (trace_clocks[] in kernel/trace/trace.c).
TraceClock trace_clock(std::string_view name);

}  // namespace wakepath::foreign
