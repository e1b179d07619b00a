// SPDX-License-Identifier: GPL-2.0-or-later
// Records become a chunk of a dump: header and packed payload, as they stand in the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dump/dump_format.hpp"
#include "dump/stored_facts.hpp"
#include "wakepath/record.hpp"

struct ZSTD_CCtx_s;

namespace wakepath::dump {

// What stands before a chunk in its file.
struct ChunkPlace {
  std::uint64_t chunks{};
  std::uint64_t records{};
  std::uint64_t events{};
};

// A chunk belongs to its place in one file. Puts it there.
void place_chunk(std::span<std::byte> chunk, const ChunkPlace& place);

class ChunkPacker {
 public:
  // A chunk is to end after the first tick that is so much stream time past the tick before it, and
  // with which it has `least` bytes of records. Error: bug, where there is no memory.
  static Result<ChunkPacker> create(std::uint64_t chunk_ns, std::size_t least = 0);
  ChunkPacker(ChunkPacker&& other) noexcept;
  ChunkPacker& operator=(ChunkPacker&&) = delete;
  ChunkPacker(const ChunkPacker&) = delete;
  ChunkPacker& operator=(const ChunkPacker&) = delete;
  ~ChunkPacker();

  [[nodiscard]] bool is_open() const { return open_; }
  void begin();
  // Repeated facts: right after begin().
  void add_facts(const FactStore& facts);
  // False: end the chunk first.
  [[nodiscard]] bool has_room(RecordView view) const {
    return record_bytes() + view.bytes().size() <= kChunkRecordBytes;
  }
  // True: the chunk is to end here.
  bool add(RecordView view);
  // Ends the chunk, without a place yet. What it returns is valid until the next one ends.
  Result<std::span<std::byte>> pack(std::uint32_t extra_flags = 0);

  // Of the chunk that is open, or was last.
  [[nodiscard]] const ChunkHeader& header() const { return header_; }
  // The last tick before it.
  [[nodiscard]] std::uint64_t start_ns() const { return start_ns_; }

 private:
  struct FreeContext {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  ChunkPacker(std::uint64_t chunk_ns, std::size_t least);
  [[nodiscard]] std::size_t record_bytes() const { return raw_.size() - header_.facts_bytes; }

  std::uint64_t chunk_ns_;
  std::size_t least_;
  std::unique_ptr<ZSTD_CCtx_s, FreeContext> context_;
  ChunkHeader header_{};
  bool open_{false};
  std::vector<std::byte> raw_;
  std::vector<std::byte> packed_;
  std::uint64_t last_tick_ns_{0};
  std::uint64_t start_ns_{0};
};

}  // namespace wakepath::dump
