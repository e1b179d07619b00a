// SPDX-License-Identifier: GPL-2.0-or-later
// Records put together byte by byte, so that a test can break them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "wakepath/record.hpp"

namespace wakepath::record::testing {

using RawBytes = std::vector<std::byte>;

template <typename T>
void append(RawBytes& bytes, const T& value) {
  const std::size_t at = bytes.size();
  bytes.resize(at + sizeof(T));
  std::memcpy(bytes.data() + at, &value, sizeof(T));
}

template <typename T>
void put(RawBytes& bytes, std::size_t at, const T& value) {
  std::memcpy(bytes.data() + at, &value, sizeof(T));
}

// The event with as many bytes of `payload` as `payload_bytes` says.
template <typename Payload>
RawBytes raw_event(std::uint64_t time_ns, unsigned kind, std::uint32_t tid, const Payload& payload,
                   std::size_t payload_bytes = sizeof(Payload)) {
  wp_event head{};
  head.time_ns = time_ns;
  head.kind = static_cast<std::uint8_t>(kind);
  head.size = static_cast<std::uint16_t>(sizeof(head) + payload_bytes);
  head.tid = tid;
  RawBytes bytes;
  append(bytes, head);
  append(bytes, payload);
  bytes.resize(sizeof(head) + payload_bytes);
  return bytes;
}

inline RawBytes raw_batch(std::uint32_t cpu, std::uint64_t failed,
                          const std::vector<RawBytes>& events) {
  wp_batch head{};
  head.record = {WP_RECORD_BATCH, static_cast<std::uint16_t>(events.size()), 0};
  head.cpu = cpu;
  head.failed = failed;
  RawBytes bytes;
  append(bytes, head);
  for (const RawBytes& event : events) {
    bytes.insert(bytes.end(), event.begin(), event.end());
  }
  put(bytes, offsetof(wp_record, size), static_cast<std::uint32_t>(bytes.size()));
  return bytes;
}

inline RecordView view(const RawBytes& bytes) {
  const auto found = RecordView::at(bytes);
  EXPECT_TRUE(found.has_value());
  return *found;
}

}  // namespace wakepath::record::testing
