// SPDX-License-Identifier: GPL-2.0-or-later
// The dump file as bytes; docs/dump-format.md says the same for other languages. Layouts are
// frozen: what is new goes into reserved fields or flags.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "wakepath/record.hpp"

namespace wakepath::dump {

static_assert(std::endian::native == std::endian::little, "dumps are little-endian");

inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::uint64_t kFileMagic = 0x4854'4150'454b'4157;   // "WAKEPATH"
inline constexpr std::uint64_t kChunkMagic = 0x314b'4e48'4350'57f1;  // 0xf1 "WPCHNK1"

// What a writer puts into one chunk, and the most that a reader takes in one.
inline constexpr std::size_t kChunkRecordBytes = std::size_t{256} * 1024;
inline constexpr std::size_t kMaxFactBytes = std::size_t{1024} * 1024;
inline constexpr std::size_t kMaxRawBytes = std::size_t{16} * 1024 * 1024;
inline constexpr std::uint64_t kWholeChunkNs = 1'000'000'000;
// A chunk that ends by the time has at least so much: a stream may name any time in few bytes, and
// each chunk costs a header.
inline constexpr std::size_t kWholeChunkLeast = 256;
// With what comes up to the tick behind it (20 ms), less than the 100 ms that a kill may cost.
inline constexpr std::uint64_t kGrowingChunkNs = 50'000'000;
inline constexpr std::uint64_t kFactsEvery = 16;  // chunks, where they are full

inline constexpr std::uint32_t kIncomplete = 1;  // FileHeader::flags: the totals are not known yet

struct FileHeader {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t flags;
  std::uint32_t abi_version;
  std::uint32_t reserved;
  std::uint64_t chunks;  // totals, as in the closing chunk; 0 while incomplete
  std::uint64_t records;
  std::uint64_t events;
  std::uint64_t file_bytes;
  std::uint32_t reserved2;
  std::uint32_t crc;  // of all that stands before it
};

inline constexpr std::uint32_t kChunkFacts =
    1;  // the payload starts with facts_bytes of repeated facts
inline constexpr std::uint32_t kChunkClosing = 2;       // the last one: no records of its own
inline constexpr std::uint32_t kChunkFactsPartial = 4;  // there were more facts than are repeated

struct ChunkHeader {
  std::uint64_t magic;
  std::uint32_t flags;
  std::uint32_t raw_bytes;      // of the payload, unpacked
  std::uint32_t payload_bytes;  // as it stands in the file
  std::uint32_t payload_crc;
  std::uint32_t facts_bytes;
  std::uint32_t records;  // in this chunk, repeated facts excepted
  std::uint64_t sequence;
  std::uint64_t records_before;  // in all chunks before this one
  std::uint64_t events_before;
  std::uint64_t first_ns;  // 0: no time in this chunk
  std::uint64_t last_ns;
  std::uint32_t events;
  std::uint32_t reserved[4];
  std::uint32_t crc;  // of all that stands before it
};

static_assert(sizeof(FileHeader) == 64);
static_assert(sizeof(ChunkHeader) == 96);

std::uint32_t checksum(Bytes bytes);

// The CRC that belongs into the header's last field.
std::uint32_t header_crc(const FileHeader& header);
std::uint32_t header_crc(const ChunkHeader& header);

// Events in the record: 0 where it is no batch.
std::uint32_t events_in(RecordView view);

// The record's own time: of a tick, a report, a batch's first event. 0: it has none.
std::uint64_t time_of(RecordView view);

}  // namespace wakepath::dump
