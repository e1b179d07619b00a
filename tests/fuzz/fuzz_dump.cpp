// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the dump reader over any bytes, with and without checksums. The sink touches all of its
// input.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

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

void replay(Bytes bytes, wakepath::dump::Checks checks) {
  auto source = wakepath::dump::DumpSource::over(
      std::make_unique<wakepath::dump::MemoryInput>(bytes), checks, "fuzz");
  if (!source) {
    return;
  }
  Toucher sink;
  while ((*source)->pump(sink).value()) {
  }
  const auto& info = (*source)->info();
  const bool harmed = info.incomplete || info.damaged_chunks != 0;
  if (harmed && (*source)->problems().empty()) {
    std::abort();  // damage must be reported
  }
  [[maybe_unused]] volatile std::uint64_t used = sink.sum();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  replay(bytes, wakepath::dump::Checks::all);
  replay(bytes, wakepath::dump::Checks::no_sums);
  return 0;
}
