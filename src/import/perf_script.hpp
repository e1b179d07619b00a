// SPDX-License-Identifier: GPL-2.0-or-later
// perf.data, as `perf script` prints it: there is no library for it. perf runs in a process of its
// own; its text is for the reader of texts.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "import/child.hpp"
#include "import/trace_event.hpp"
#include "util/fd.hpp"
#include "wakepath/record.hpp"

namespace wakepath::foreign {

// Of a file that starts with these bytes (a dozen do).
bool is_perf_data(Bytes beginning);

class PerfScript {
 public:
  // Starts perf on a regular file, and waits for its first words. No other thread may run. Errors:
  // unsupported, where perf is not installed or too old; bad_input, where it can't read the file:
  // its own complaint.
  static Result<PerfScript> start(Fd file, const ChildLimits& limits = {});

  // The next of its text, "comm tid [cpu] seconds.nanoseconds: system:event: fields"; 0: the end,
  // or a signal came, which asks for it.
  // Functions are addresses (NameTable names them): perf would look them up on this host, and find
  // others. Errors: bad_input, where nothing came for as long as the limits say; interrupted.
  Result<std::size_t> read(std::span<char> out);
  // What perf's header says: clock, release, arch, CPUs.
  [[nodiscard]] const TraceInfo& info() const { return info_; }
  // When the text has been read, or enough of it. Error: bad_input, where perf says that the file
  // is damaged; what it printed stands.
  Result<void> end();

 private:
  PerfScript(Child child, TraceInfo info) : child_(std::move(child)), info_(std::move(info)) {}

  Child child_;
  TraceInfo info_;
  bool interrupted_{false};
};

// What the header of `perf script --header-only` tells. Unknown is what it does not.
TraceInfo perf_info(std::string_view header);

}  // namespace wakepath::foreign
