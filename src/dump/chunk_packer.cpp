// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/chunk_packer.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <zstd.h>

namespace wakepath::dump {

namespace {

// Beyond it the files shrink little and the writer, which shares a CPU with the reader of the
// rings, costs twice as much.
constexpr int kLevel = 1;

}  // namespace

void place_chunk(std::span<std::byte> chunk, const ChunkPlace& place) {
  auto header = load<ChunkHeader>(chunk);
  header.sequence = place.chunks;
  header.records_before = place.records;
  header.events_before = place.events;
  header.crc = header_crc(header);
  std::ranges::copy(std::as_bytes(std::span(&header, 1)), chunk.begin());
}

void ChunkPacker::FreeContext::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }

ChunkPacker::ChunkPacker(std::uint64_t chunk_ns, std::size_t least)
    : chunk_ns_(chunk_ns), least_(least), context_(ZSTD_createCCtx()) {}
ChunkPacker::ChunkPacker(ChunkPacker&& other) noexcept = default;
ChunkPacker::~ChunkPacker() = default;

Result<ChunkPacker> ChunkPacker::create(std::uint64_t chunk_ns, std::size_t least) {
  ChunkPacker packer(chunk_ns, least);
  if (!packer.context_) {
    return fail(ErrorKind::bug, "zstd: no memory");
  }
  return packer;
}

void ChunkPacker::begin() {
  header_ = ChunkHeader{};
  header_.magic = kChunkMagic;
  raw_.clear();
  start_ns_ = last_tick_ns_;
  open_ = true;
}

void ChunkPacker::add_facts(const FactStore& facts) {
  facts.append_to(raw_);
  header_.facts_bytes = static_cast<std::uint32_t>(raw_.size());
  header_.flags |= kChunkFacts | (facts.partial() ? kChunkFactsPartial : 0U);
}

bool ChunkPacker::add(RecordView view) {
  raw_.insert(raw_.end(), view.bytes().begin(), view.bytes().end());
  header_.records += 1;
  header_.events += events_in(view);
  if (const std::uint64_t time = time_of(view); time != 0) {
    header_.first_ns = header_.first_ns == 0 ? time : std::min(header_.first_ns, time);
    header_.last_ns = std::max(header_.last_ns, time);
  }
  if (view.type() != WP_RECORD_TICK) {
    return false;
  }
  last_tick_ns_ = time_of(view);
  start_ns_ = start_ns_ == 0 ? last_tick_ns_ : start_ns_;
  return last_tick_ns_ >= start_ns_ && last_tick_ns_ - start_ns_ >= chunk_ns_ &&
         record_bytes() >= least_;
}

Result<std::span<std::byte>> ChunkPacker::pack(std::uint32_t extra_flags) {
  packed_.resize(sizeof(ChunkHeader) + ZSTD_compressBound(raw_.size()));
  std::size_t bytes = 0;
  if (!raw_.empty()) {
    bytes =
        ZSTD_compressCCtx(context_.get(), packed_.data() + sizeof(ChunkHeader),
                          packed_.size() - sizeof(ChunkHeader), raw_.data(), raw_.size(), kLevel);
    if (ZSTD_isError(bytes) != 0) {
      return fail(ErrorKind::bug, fmt::format("zstd: {}", ZSTD_getErrorName(bytes)));
    }
  }
  packed_.resize(sizeof(ChunkHeader) + bytes);
  header_.flags |= extra_flags;
  header_.raw_bytes = static_cast<std::uint32_t>(raw_.size());
  header_.payload_bytes = static_cast<std::uint32_t>(bytes);
  header_.payload_crc = checksum(Bytes(packed_).subspan(sizeof(ChunkHeader)));
  std::ranges::copy(std::as_bytes(std::span(&header_, 1)), packed_.begin());
  open_ = false;
  return packed_;
}

}  // namespace wakepath::dump
