// SPDX-License-Identifier: GPL-2.0-or-later
// Lines in which a trace admits what it lost, and what they come to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/trace_event.hpp"
#include "util/cpu_set.hpp"

namespace wakepath::foreign::text {

// "CPU:1 [LOST 52 EVENTS]", "CPU:1 [LOST EVENTS]" (ftrace); "CPU:1 [52 EVENTS DROPPED]"
// (trace-cmd);
// "##### CPU 1 buffer started ####": what it had before was overwritten; "Processed 5 events and
// lost 1 chunks!" (perf). nullopt: none of these. The CPU may be any number.
std::optional<TraceLoss> parse_loss(std::string_view line);

class Losses {
 public:
  void note(const TraceLoss& loss);
  void note_header(std::string_view line);
  // For a terminal.
  [[nodiscard]] std::vector<std::string> remarks() const;

 private:
  std::uint64_t events_{0};   // of those that say how many
  std::uint64_t places_{0};   // at which events were lost
  std::uint64_t untold_{0};   // of them, at which it is not known how many
  std::uint64_t written_{0};  // header: entries-in-buffer/entries-written
  std::uint64_t held_{0};
  CpuSet cpus_;
};

}  // namespace wakepath::foreign::text
