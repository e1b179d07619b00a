// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the reader of trace text over any bytes. The sink checks the reader's promises: possible
// CPUs, time that goes on, names that fit, and a report for each line left out.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "import/text/text_trace.hpp"

namespace {

using wakepath::Result;
using wakepath::foreign::TraceEvent;
using wakepath::foreign::TraceInfo;
using wakepath::foreign::TraceLoss;

void hold(bool promised) {
  if (!promised) {
    std::abort();
  }
}

// Checks the promises of the interface, and touches each byte.
class Holder final : public wakepath::foreign::TraceSink {
 public:
  Result<void> about(const TraceInfo& info) override {
    hold(!told_ && info.release.size() <= 64 && info.arch.size() <= 64);
    told_ = true;
    return {};
  }
  Result<void> event(const TraceEvent& event) override {
    hold(told_ && event.cpu < WP_MAX_CPUS);
    hold(event.kind > WP_EVENT_NONE && event.kind < WP_EVENT_KINDS);
    hold(event.time_ns >= last_ns_[event.cpu]);
    last_ns_[event.cpu] = event.time_ns;
    hold(event.context == 0 || (event.context & WP_CONTEXT_KNOWN) != 0);
    hold(event.other_comm.size() < WP_COMM_BYTES && event.comm.size() <= WP_COMM_BYTES);
    touch(event.comm);
    touch(event.name);
    touch(event.other_comm);
    return {};
  }
  Result<void> lost(const TraceLoss& loss) override {
    hold(told_ && (!loss.cpu || *loss.cpu < WP_MAX_CPUS));
    return {};
  }

 private:
  void touch(std::string_view bytes) {
    for (const char byte : bytes) {
      sum_ = sum_ + static_cast<unsigned char>(byte);
    }
  }

  std::array<std::uint64_t, WP_MAX_CPUS> last_ns_{};
  volatile unsigned sum_{0};
  bool told_{false};
};

// Pieces of a size that the input chooses.
class Pieces final : public wakepath::foreign::ByteSource {
 public:
  Pieces(std::string_view bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}
  Result<std::size_t> read(std::span<char> out) override {
    return bytes_.read(out.first(std::min(out.size(), piece_)));
  }

 private:
  wakepath::foreign::MemoryBytes bytes_;
  std::size_t piece_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t piece = size == 0 ? 1 : data[size - 1] * std::size_t{97} + 1;
  wakepath::foreign::text::TextTrace trace(std::make_unique<Pieces>(bytes, piece));
  auto sink = std::make_unique<Holder>();
  for (;;) {
    const auto more = trace.read(*sink);
    if (!more || !*more) {
      break;
    }
  }
  for (const auto& lines : {trace.problems(), trace.remarks()}) {
    hold(lines.size() < 100);
    for (const std::string& line : lines) {
      hold(line.size() < 1000 && line.find_first_of("\n\x1b") == std::string::npos);
    }
  }
  return 0;
}
