// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/chunk_file.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include <fmt/format.h>

namespace wakepath::dump {
namespace {

constexpr std::size_t kWindowBytes = std::size_t{64} * 1024;

template <typename T>
std::optional<T> read_object(Input& input, std::uint64_t offset) {
  T object{};
  if (!input.read(offset, std::as_writable_bytes(std::span(&object, 1)))) {
    return std::nullopt;
  }
  return object;
}

std::array<std::byte, sizeof(kChunkMagic)> magic_bytes() {
  return std::bit_cast<std::array<std::byte, sizeof(kChunkMagic)>>(kChunkMagic);
}

bool plausible(const ChunkHeader& header) {
  return header.magic == kChunkMagic && header.raw_bytes <= kMaxRawBytes &&
         header.payload_bytes <= ZSTD_compressBound(kMaxRawBytes) &&
         header.facts_bytes <= header.raw_bytes;
}

}  // namespace

ChunkFile::ChunkFile(std::unique_ptr<Input> input, Checks checks)
    : input_(std::move(input)), checks_(checks), context_(ZSTD_createDCtx()) {
  if (!context_) {
    throw std::bad_alloc();
  }
}

std::optional<FileHeader> ChunkFile::file_header() {
  auto header = read_object<FileHeader>(*input_, 0);
  if (!header || header->magic != kFileMagic ||
      (checks_ == Checks::all && header->crc != header_crc(*header))) {
    return std::nullopt;
  }
  return header;
}

bool ChunkFile::starts_with_magic() {
  return read_object<std::uint64_t>(*input_, 0).value_or(0) == kFileMagic;
}

std::optional<ChunkHeader> ChunkFile::header_at(std::uint64_t offset) {
  auto header = read_object<ChunkHeader>(*input_, offset);
  if (!header || !plausible(*header) ||
      (checks_ == Checks::all && header->crc != header_crc(*header))) {
    return std::nullopt;
  }
  return header;
}

std::optional<std::uint64_t> ChunkFile::find(std::uint64_t offset, std::uint64_t limit) {
  const auto magic = magic_bytes();
  while (offset < limit && input_->reaches(offset + 1)) {
    auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(kWindowBytes, limit - offset));
    if (!input_->reaches(offset + bytes)) {
      bytes = static_cast<std::size_t>(size() - offset);
    }
    window_.resize(bytes);
    if (!input_->read(offset, window_)) {
      offset += bytes;  // a bad place of the medium: what stands behind it may be good
      continue;
    }
    auto at = window_.begin();
    while ((at = std::search(at, window_.end(), magic.begin(), magic.end())) != window_.end()) {
      const auto found = offset + static_cast<std::uint64_t>(at - window_.begin());
      if (header_at(found)) {
        return found;
      }
      ++at;
    }
    // A magic may lie across two windows.
    offset += bytes < kWindowBytes ? bytes : bytes - (magic.size() - 1);
  }
  return std::nullopt;
}

bool ChunkFile::cut_header_at(std::uint64_t offset) {
  if (input_->reaches(offset + sizeof(ChunkHeader))) {
    return false;
  }
  const std::uint64_t left = size() - offset;
  const auto magic = magic_bytes();
  std::array<std::byte, sizeof(kChunkMagic)> start{};
  const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(left, start.size()));
  return input_->read(offset, std::span(start).first(bytes)) &&
         std::equal(start.begin(), start.begin() + static_cast<std::ptrdiff_t>(bytes),
                    magic.begin());
}

tl::expected<Payload, std::string> ChunkFile::load(std::uint64_t offset,
                                                   const ChunkHeader& header) {
  packed_.resize(header.payload_bytes);
  if (!input_->read(offset + sizeof(ChunkHeader), packed_)) {
    return tl::unexpected<std::string>("the file can't be read there");
  }
  if (checks_ == Checks::all && checksum(packed_) != header.payload_crc) {
    return tl::unexpected<std::string>("checksum");
  }
  if (header.raw_bytes == 0) {
    raw_.clear();
    return Payload{};
  }
  if (ZSTD_getFrameContentSize(packed_.data(), packed_.size()) != header.raw_bytes ||
      ZSTD_findFrameCompressedSize(packed_.data(), packed_.size()) != packed_.size()) {
    return tl::unexpected<std::string>("sizes differ");
  }
  if (unpacked_ + header.raw_bytes >
      kHarmlessBytes + kMostRatio * input_->sent_bytes(end_of(offset, header))) {
    return tl::unexpected(
        fmt::format("it unpacks to more than {} times its size, as no recording does", kMostRatio));
  }
  unpacked_ += header.raw_bytes;
  raw_.resize(header.raw_bytes);
  const std::size_t bytes =
      ZSTD_decompressDCtx(context_.get(), raw_.data(), raw_.size(), packed_.data(), packed_.size());
  if (ZSTD_isError(bytes) != 0 || bytes != header.raw_bytes) {
    return tl::unexpected<std::string>("it does not unpack");
  }
  const Bytes raw(raw_);
  return Payload{raw.first(header.facts_bytes), raw.subspan(header.facts_bytes)};
}

}  // namespace wakepath::dump
