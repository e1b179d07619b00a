// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as function_graph text: read as events and as an outline, and the outline printed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "import/graph/graph_reader.hpp"
#include "present/outline_text.hpp"

namespace {

using wakepath::Result;
using wakepath::foreign::MemoryBytes;
using wakepath::foreign::TraceEvent;
using wakepath::foreign::TraceInfo;
using wakepath::foreign::TraceLoss;

// Checks the reader's promises: about() comes first, and every event kind exists.
class CheckingSink final : public wakepath::foreign::TraceSink {
 public:
  Result<void> about(const TraceInfo& /*info*/) override {
    check(!told_);
    told_ = true;
    return {};
  }
  Result<void> event(const TraceEvent& event) override {
    check(told_ && event.kind > WP_EVENT_NONE && event.kind < WP_EVENT_KINDS);
    check(event.cpu < WP_MAX_CPUS);
    return {};
  }
  Result<void> lost(const TraceLoss& /*loss*/) override {
    check(told_);
    return {};
  }

 private:
  static void check(bool holds) {
    if (!holds) {
      std::abort();
    }
  }
  bool told_{false};
};

void read_events(std::string_view text) {
  wakepath::foreign::graph::GraphReader reader(std::make_unique<MemoryBytes>(text));
  CheckingSink sink;
  for (Result<bool> more = true; more && *more;) {
    more = reader.read(sink);
  }
  static_cast<void>(reader.problems());
  static_cast<void>(reader.remarks());
}

void read_outline(std::string_view text) {
  wakepath::foreign::graph::OutlineReader reader(std::make_unique<MemoryBytes>(text));
  fmt::memory_buffer out;
  for (auto wakes = reader.read(); wakes && *wakes; wakes = reader.read()) {
    for (const wakepath::OutlineWake& wake : **wakes) {
      wakepath::present::outline_text(wake, 1, out);
      wakepath::present::outline_ndjson(wake, 1, out);
      out.clear();
    }
  }
  static_cast<void>(reader.problems());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(wakepath::foreign::graph::look_for_graph(text));
  read_events(text);
  read_outline(text);
  return 0;
}
