// SPDX-License-Identifier: GPL-2.0-or-later
// One kind of file of traces. A trace is hostile input: what can't be read is left out and said,
// the rest is used.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "import/trace_event.hpp"

namespace wakepath::foreign {

class TraceReader {
 public:
  TraceReader() = default;
  TraceReader(const TraceReader&) = delete;
  TraceReader& operator=(const TraceReader&) = delete;
  virtual ~TraceReader() = default;

  // Hands the next thousands of events to `sink`, in bounded memory. False: nothing follows. An
  // error of the sink is passed on; bad_input: what follows can't be read, what was handed on
  // stands.
  virtual Result<bool> read(TraceSink& sink) = 0;

  // What could not be read so far, one line for each kind of trouble, with how often and the first
  // line or offset of it: "line 17: no event can be read (\"...\"), and 3 more". Escaped for a
  // terminal. Empty: all was understood. These make the exit code bad_input.
  [[nodiscard]] virtual std::vector<std::string> problems() const = 0;
  // After the end: is it in the middle of an event?
  [[nodiscard]] virtual bool is_truncated() const { return false; }
  // What is worth saying, and no damage: "the file says that CPU 1 lost 17 events".
  [[nodiscard]] virtual std::vector<std::string> remarks() const { return {}; }
};

}  // namespace wakepath::foreign
