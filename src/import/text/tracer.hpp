// SPDX-License-Identifier: GPL-2.0-or-later
// Which of ftrace's tracers wrote a text, what its header tells, and the lines that the tracers of
// wakes write. A trace of another tracer holds no wake of a vCPU: its name and its header are what
// can be said of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "import/text/event_body.hpp"
#include "import/text/event_line.hpp"

namespace wakepath::foreign::text {

// "# tracer: irqsoff", "VERSION 20070824" (mmiotrace).
bool is_tracer_line(std::string_view line);

class Tracer {
 public:
  void header_line(std::string_view line);
  // A line that this tracer prints in a form of its own: no event, and no damage.
  [[nodiscard]] bool is_its_line(std::string_view line) const;
  // An event of no kind that wakepath uses.
  void unused(const EventLine& event);
  void used() { ++used_; }
  // For a terminal.
  [[nodiscard]] std::vector<std::string> remarks() const;

 private:
  void add(std::string text);
  [[nodiscard]] std::string unused_names() const;

  std::string name_;
  std::string told_;  // by its header
  std::map<std::string, std::uint64_t, std::less<>> unused_;
  std::uint64_t lines_{0};
  std::uint64_t used_{0};
};

// "0:120:R   + [003]  2389: 94:R sleep", "0:120:R ==> [003]  2389: 94:R sleep" of the tracers
// wakeup, wakeup_rt and wakeup_dl; trace-cmd's "0:120:0  ==> 2389:94:0 [003]".
Body context_switch(std::string_view text, TraceEvent& event);

}  // namespace wakepath::foreign::text
