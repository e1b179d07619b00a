// SPDX-License-Identifier: GPL-2.0-or-later
// One CPU's buffer of a tracing instance, read page by page (per_cpu/cpuN/trace_pipe_raw).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "import/tep_events.hpp"
#include "util/fd.hpp"

struct kbuffer;

namespace wakepath::capture {

class CpuPages {
 public:
  CpuPages(std::uint32_t cpu, Fd pages, std::size_t page_bytes);

  // Takes what is there, `most_pages` at most, and hands it to `sink`, losses too. The bytes taken.
  // An error of the sink is passed on.
  Result<std::size_t> drain(foreign::TepEvents& events, foreign::TraceSink& sink,
                            std::size_t most_pages);

  [[nodiscard]] std::uint32_t cpu() const { return cpu_; }
  // Events that the buffer has said to have lost.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  struct FreeKbuffer {
    void operator()(kbuffer* buffer) const;
  };

  Result<void> page(foreign::TepEvents& events, foreign::TraceSink& sink);

  std::uint32_t cpu_;
  Fd pages_;
  std::vector<std::byte> bytes_;
  std::unique_ptr<kbuffer, FreeKbuffer> buffer_;
  std::uint64_t lost_{0};
  bool broken_{false};
};

}  // namespace wakepath::capture
