// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the dump reader over any bytes, with and without checksums. The sink touches all of its
// input.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <utility>

#include "dump/chunk_file.hpp"
#include "dump/input.hpp"
#include "dump/reader.hpp"

namespace {

using wakepath::Bytes;
using wakepath::RecordView;
using wakepath::Result;

class Toucher final : public wakepath::RecordSink {
 public:
  Result<void> record(RecordView view) override {
    for (const std::byte byte : view.bytes()) {
      sum_ = sum_ * 31 + std::to_integer<std::uint64_t>(byte);
    }
    if (view.bytes().size() < sizeof(wp_record) || view.bytes().size() > WP_MAX_BATCH) {
      std::abort();
    }
    return {};
  }
  [[nodiscard]] std::uint64_t sum() const { return sum_; }

 private:
  std::uint64_t sum_{0};
};

// What the sink was given, as a number.
std::uint64_t replay(std::unique_ptr<wakepath::dump::Input> input, wakepath::dump::Checks checks) {
  auto source = wakepath::dump::DumpSource::over(std::move(input), checks, "fuzz");
  if (!source) {
    return 0;
  }
  Toucher sink;
  while ((*source)->pump(sink).value()) {
  }
  const auto& info = (*source)->info();
  const bool harmed = info.incomplete || info.damaged_chunks != 0;
  if (harmed && (*source)->problems().empty()) {
    std::abort();  // damage must be reported
  }
  return sink.sum();
}

void replay_both_ways(Bytes bytes, wakepath::dump::Checks checks) {
  const auto of_file = replay(std::make_unique<wakepath::dump::MemoryInput>(bytes), checks);
  auto rest = bytes;
  const auto of_pipe =
      replay(std::make_unique<wakepath::dump::StreamInput>([&](std::span<std::byte> out) {
               const std::size_t given = std::min({std::size_t{4096}, rest.size(), out.size()});
               std::copy_n(rest.begin(), given, out.begin());
               rest = rest.subspan(given);
               return Result<std::size_t>(given);
             }),
             checks);
  if (of_file != of_pipe) {
    std::abort();  // a pipe gives what the file gives
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  replay_both_ways(bytes, wakepath::dump::Checks::all);
  replay_both_ways(bytes, wakepath::dump::Checks::no_sums);
  return 0;
}
