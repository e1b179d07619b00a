// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/dump_format.hpp"

#include <zlib.h>

#include <cstring>

namespace wakepath::dump {

std::uint32_t checksum(Bytes bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::uint32_t header_crc(const FileHeader& header) {
  return checksum(std::as_bytes(std::span(&header, 1)).first(offsetof(FileHeader, crc)));
}

std::uint32_t header_crc(const ChunkHeader& header) {
  return checksum(std::as_bytes(std::span(&header, 1)).first(offsetof(ChunkHeader, crc)));
}

std::uint32_t events_in(RecordView view) {
  return view.type() == WP_RECORD_BATCH ? view.count() : 0U;
}

std::uint64_t time_of(RecordView view) {
  switch (view.type()) {
    case WP_RECORD_TICK:
      return load<wp_tick>(view.bytes()).time_ns;
    case WP_RECORD_GUEST_REPORT:
      return load<wp_guest_report>(view.bytes()).time_ns;
    case WP_RECORD_BATCH:
      return view.count() == 0 ? 0 : load<wp_event>(view.bytes(), sizeof(wp_batch)).time_ns;
    default:
      return 0;
  }
}

}  // namespace wakepath::dump
