// SPDX-License-Identifier: GPL-2.0-or-later
// The output of a process that reads a hostile trace. Whole and cut in two it must give the same
// events, and none that its reader could not bear.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "import/event_pipe.hpp"

namespace {

using namespace wakepath;
using namespace wakepath::foreign;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

struct Told final : TraceSink {
  Result<void> about(const TraceInfo& info) override {
    require(!begun && info.cpus.value_or(0) <= WP_MAX_CPUS);
    begun = true;
    return {};
  }
  Result<void> event(const TraceEvent& event) override {
    require(begun && event.cpu < WP_MAX_CPUS && event.kind < WP_EVENT_KINDS);
    text.append(event.comm).append(event.name).append(event.other_comm);
    text.append(std::to_string(event.time_ns));
    return {};
  }
  Result<void> lost(const TraceLoss& loss) override {
    require(begun && loss.cpu.value_or(0) < WP_MAX_CPUS);
    text.append(std::to_string(loss.events.value_or(0)));
    return {};
  }
  bool begun{false};
  std::string text;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  Told whole;
  EventPipeParser parser;
  const bool good = parser.feed(bytes, whole).has_value();

  const std::size_t cut = size == 0 ? 0 : std::min<std::size_t>(data[0], size);
  Told pieces;
  EventPipeParser again;
  const bool first = again.feed(bytes.first(cut), pieces).has_value();
  const bool second = first && again.feed(bytes.subspan(cut), pieces).has_value();
  require(good == second && whole.text == pieces.text && parser.events() == again.events());
  require(parser.lines() == again.lines() && parser.take_graph() == again.take_graph());
  return 0;
}
