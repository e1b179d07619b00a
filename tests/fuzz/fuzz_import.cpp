// SPDX-License-Identifier: GPL-2.0-or-later
// A foreign trace from its bytes to the wakes. The result must be sound, whatever the bytes are.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>

#include "import/perf_script.hpp"
#include "import/registry.hpp"
#include "import/text/look.hpp"
#include "import/trace_dat.hpp"
#include "wakepath/pipeline.hpp"

namespace {

using wakepath::Result;
using wakepath::Stage;

void promise(bool kept) {
  if (!kept) {
    std::abort();
  }
}

void check_stages(const std::vector<Stage>& stages, std::uint64_t begin_ns, std::uint64_t end_ns) {
  std::uint64_t at = begin_ns;
  for (const Stage& stage : stages) {
    promise(stage.begin_ns == at && stage.end_ns >= at);
    at = stage.end_ns;
    std::uint64_t blamed = 0;
    for (const wakepath::Blame& blame : stage.blame) {
      blamed += blame.ns;
    }
    promise(stage.blame.empty() || blamed == stage.end_ns - stage.begin_ns);
  }
  promise(stages.empty() || at == end_ns);
}

class Checker final : public wakepath::Sink {
 public:
  Result<void> header(const wakepath::Header& header) override {
    promise(header.trace.has_value());
    untimed_ = header.trace->untimed;
    return {};
  }
  Result<void> wake(const wakepath::WakeChain& chain) override {
    check_stages(chain.stages, chain.begin_ns, chain.end_ns);
    promise(chain.flags.has(wakepath::Flag::untimed) == untimed_);
    return {};
  }
  Result<void> delivery(const wakepath::Delivery& delivery) override {
    check_stages(delivery.stages, delivery.begin_ns, delivery.end_ns);
    return {};
  }
  Result<void> loss(const wakepath::Loss& /*loss*/) override { return {}; }
  Result<void> interval(const wakepath::Interval& /*interval*/) override { return {}; }
  Result<void> notice(const std::string& /*text*/) override { return {}; }
  Result<void> summary(const wakepath::Summary& summary) override {
    promise(summary.complete <= summary.wakes);
    promise(!untimed_ || (summary.complete == 0 && summary.latency.empty()));
    return {};
  }

 private:
  bool untimed_{false};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // These start a process for each input, and fuzz_dump has the recordings.
  const wakepath::Bytes raw = std::as_bytes(std::span(bytes));
  if (wakepath::foreign::is_trace_dat(raw) || wakepath::foreign::is_perf_data(raw)) {
    return 0;
  }
  wakepath::foreign::Opening opening;
  opening.path = "-";
  opening.bytes = std::make_unique<wakepath::foreign::PeekedBytes>(
      std::make_unique<wakepath::foreign::MemoryBytes>(bytes));
  auto trace = wakepath::foreign::open_as_what_it_is(std::move(opening));
  // A target that knows no input finds nothing.
  const std::string_view first = bytes.substr(0, wakepath::foreign::text::kLookBytes);
  promise(trace || !wakepath::foreign::text::look_for_text_trace(first));
  if (!trace || (*trace)->is_recording()) {
    return 0;
  }
  Checker sink;
  wakepath::Pipeline pipeline({}, sink);
  for (Result<bool> more = true; more && *more;) {
    more = (*trace)->pump(pipeline);
  }
  static_cast<void>(pipeline.finish());
  return 0;
}
