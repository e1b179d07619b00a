// SPDX-License-Identifier: GPL-2.0-or-later
// Records as bytes, and the two ends of a stream of them. Everything that reaches the reconstructor
// passes here, so a dump that holds these bytes replays to the same result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

#include "wakepath/abi.h"
#include "wakepath/result.hpp"

namespace wakepath {

using Bytes = std::span<const std::byte>;

// A T at `offset`. Fields past the end of `bytes`, which were appended later, read as zero.
template <typename T>
requires std::is_trivially_copyable_v<T> T load(Bytes bytes, std::size_t offset = 0) {
  T value{};
  if (offset < bytes.size()) {
    const std::size_t left = bytes.size() - offset;
    std::memcpy(&value, bytes.data() + offset, left < sizeof(T) ? left : sizeof(T));
  }
  return value;
}

// One whole record: its size has been checked against the bytes that are there, its content has
// not.
class RecordView {
 public:
  // The record at the start of `bytes`; nullopt where no whole, well-sized record stands there.
  static std::optional<RecordView> at(Bytes bytes) {
    if (bytes.size() < sizeof(wp_record)) {
      return std::nullopt;
    }
    const auto head = load<wp_record>(bytes);
    if (head.size < sizeof(wp_record) || head.size % 8 != 0 || head.size > WP_MAX_BATCH ||
        head.size > bytes.size()) {
      return std::nullopt;
    }
    return RecordView(head, bytes.first(head.size));
  }

  [[nodiscard]] std::uint16_t type() const { return head_.type; }
  [[nodiscard]] std::uint16_t count() const { return head_.count; }
  [[nodiscard]] Bytes bytes() const { return bytes_; }

 private:
  RecordView(wp_record head, Bytes bytes) : head_(head), bytes_(bytes) {}

  wp_record head_;
  Bytes bytes_;
};

// Takes records in stream order. A record's bytes are valid only during the call.
class RecordSink {
 public:
  RecordSink() = default;
  RecordSink(const RecordSink&) = delete;
  RecordSink& operator=(const RecordSink&) = delete;
  virtual ~RecordSink() = default;
  virtual Result<void> record(RecordView view) = 0;
};

// Gives records in stream order: live rings, a dump, an imported trace.
class RecordSource {
 public:
  RecordSource() = default;
  RecordSource(const RecordSource&) = delete;
  RecordSource& operator=(const RecordSource&) = delete;
  virtual ~RecordSource() = default;
  // Hands some records to `sink` (live: waits up to one poll interval first). False: nothing
  // follows. An error of the sink is passed on; after an error of its own the source is at its end.
  virtual Result<bool> pump(RecordSink& sink) = 0;
};

}  // namespace wakepath
