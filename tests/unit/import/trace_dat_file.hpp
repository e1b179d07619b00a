// SPDX-License-Identifier: GPL-2.0-or-later
// Writes a trace.dat of version 6 (trace-cmd.dat.v6(5)): what two formats and a few records need.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "import/ftrace_format.hpp"

namespace wakepath::foreign::test {

class TraceDatFile {
 public:
  void format(const std::string& system, const std::string& text) {
    formats_.emplace_back(system, text);
  }
  // Into the page of that CPU (0 or 1), `after_ns` the one before. 4 kB of them fit.
  void record(unsigned cpu, std::uint32_t after_ns, const RawRecord& record);
  // The kernel's mark at the page's end: so many were lost before the page.
  void lost(unsigned cpu, std::uint64_t events) { lost_[cpu] = events; }
  [[nodiscard]] std::string bytes() const;

  static constexpr std::uint64_t kBegin = 1'000'000'000;  // each page's time

 private:
  [[nodiscard]] std::string page(unsigned cpu) const;

  std::vector<std::pair<std::string, std::string>> formats_;
  std::string data_[2];
  std::uint64_t lost_[2]{};
};

}  // namespace wakepath::foreign::test
