// SPDX-License-Identifier: GPL-2.0-or-later
// What a ring holds, one event a record, as the stream has it: numbered, and joined into records of
// many events, which are read faster and stored in less.
#pragma once

#include <cstdint>
#include <vector>

#include "wakepath/record.hpp"

namespace wakepath::record {

class BatchJoiner {
 public:
  // `number`: of its first event in its CPU's stream. Hands on what it can't be joined to, and by
  // itself what is no batch.
  Result<void> add(RecordView view, std::uint64_t number, RecordSink& sink);
  // `head` says how many `events` there are; its size does not matter.
  Result<void> add(const wp_batch& head, Bytes events, std::uint64_t number, RecordSink& sink);
  // Hands on what is held. To be called before anything else is put into the stream.
  Result<void> flush(RecordSink& sink);

 private:
  [[nodiscard]] bool fits(const wp_batch& head, std::size_t bytes) const;

  wp_batch joined_{};
  std::vector<std::byte> bytes_;  // of the record so far, its head excepted until it is handed on
};

}  // namespace wakepath::record
