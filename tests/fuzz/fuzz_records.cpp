// SPDX-License-Identifier: GPL-2.0-or-later
// Any records through the pipeline, and its results through each form of output, the audit's
// observer and the copy of a host that they may hold. The first byte chooses the form.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <span>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "audit/cpu_activity.hpp"
#include "host/tree_facts.hpp"
#include "present/renderer.hpp"
#include "record/tally.hpp"
#include "wakepath/pipeline.hpp"

namespace {

using namespace wakepath;

constexpr std::size_t kMemory = std::size_t{16} << 20U;

int nowhere() {
  static const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  return fd;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes rest = std::as_bytes(std::span(data, size));
  const auto choice = load<std::uint8_t>(rest);
  rest = rest.subspan(rest.empty() ? 0 : 1);

  present::Output out(nowhere(), "output");
  present::Output err(nowhere(), "messages");
  present::RenderOptions options;
  options.source = "dump";
  constexpr std::uint8_t kWakes = 128;
  options.wakes = choice >= kWakes ? present::WakeView::steps : present::WakeView::tables;
  const auto formats = present::formats();
  const auto renderer = present::make_renderer(
      std::next(formats.begin(), choice % static_cast<std::ptrdiff_t>(formats.size()))->format,
      options, out, err);

  PipelineOptions asked;
  asked.memory_bytes = kMemory;
  asked.fail_on = {"lost > 0", "p99(total) > 1us"};
  asked.interval_ns = choice % 2 == 0 ? 0 : 1'000'000;
  audit::CpuActivity activity;
  Pipeline pipeline(std::move(asked), *renderer, &activity);
  host::TreeFactsReader reader(pipeline);
  record::Tally tally;
  while (const auto view = RecordView::at(rest)) {
    static_cast<void>(reader.record(*view));
    static_cast<void>(tally.record(*view));
    rest = rest.subspan(view->bytes().size());
  }
  const auto summary = pipeline.finish();
  constexpr std::uint64_t kFar = std::uint64_t{1} << 63U;
  if (!summary || summary->duration_ns > kFar) {
    std::abort();  // differences of times do not wrap
  }
  return 0;
}
