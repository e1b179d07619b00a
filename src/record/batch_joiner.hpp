// SPDX-License-Identifier: GPL-2.0-or-later
// Turns the events of a ring into batches of a stream: numbered, and joined into records of many
// events, which take less space and are read faster.
#pragma once

#include <cstdint>
#include <vector>

#include "wakepath/record.hpp"

namespace wakepath::record {

class BatchJoiner {
 public:
  // `number`: of the first event of `view` in its CPU's stream. Hands the batch so far to `sink`
  // where the new events do not fit it. A record that is no batch goes to `sink` by itself.
  Result<void> add(RecordView view, std::uint64_t number, RecordSink& sink);
  // `head` says how many `events` there are; its size does not matter.
  Result<void> add(const wp_batch& head, Bytes events, std::uint64_t number, RecordSink& sink);
  // From now on as many events as a record may have are one: they are in the time of one loss.
  void keep_together(bool together) { most_bytes_ = together ? kLargest : kMostBytes; }
  // Hands the batch so far to `sink`. To be called before any other record goes into the stream.
  Result<void> flush(RecordSink& sink);

 private:
  // Where a damaged file loses one of them, so much of a CPU's story is lost.
  static constexpr std::size_t kMostBytes = 4096;
  static constexpr std::size_t kLargest = WP_MAX_BATCH;

  [[nodiscard]] bool fits(const wp_batch& head, std::size_t bytes) const;

  std::size_t most_bytes_{kMostBytes};
  wp_batch joined_{};
  std::vector<std::byte> bytes_;  // of the record so far, its head excepted until it is handed on
};

}  // namespace wakepath::record
