// SPDX-License-Identifier: GPL-2.0-or-later
// Finds, checks and unpacks the chunks of a dump. Trusts nothing that it reads.
#pragma once

#include <zstd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dump/dump_format.hpp"
#include "dump/input.hpp"

namespace wakepath::dump {

enum class Checks : std::uint8_t {
  all,
  no_sums,  // checksums are taken as right: lets a fuzzer reach what they guard
};

// Repeated facts and records of one chunk; valid until the next load().
struct Payload {
  Bytes facts;
  Bytes records;
};

class ChunkFile {
 public:
  ChunkFile(std::unique_ptr<Input> input, Checks checks);

  // As Input has them.
  [[nodiscard]] std::uint64_t size() const { return input_->size(); }
  bool reaches(std::uint64_t end) { return input_->reaches(end); }
  void release(std::uint64_t offset) { input_->release(offset); }
  [[nodiscard]] std::uint64_t look_ahead() const { return input_->look_ahead(); }
  [[nodiscard]] std::string trouble() const { return input_->trouble(); }
  [[nodiscard]] bool is_interrupted() const { return input_->is_interrupted(); }

  // The file's header where it is whole; nullopt: damaged, or not there.
  std::optional<FileHeader> file_header();
  // Does the file start as a dump does?
  bool starts_with_magic();

  // The header of a chunk that stands at `offset`; its payload may lie past the end of the file.
  std::optional<ChunkHeader> header_at(std::uint64_t offset);
  // The first chunk header from `offset` on and before `limit`.
  std::optional<std::uint64_t> find(std::uint64_t offset, std::uint64_t limit);
  // Could the file's end be a header that was cut?
  bool cut_header_at(std::uint64_t offset);
  // Error: what is wrong with it, in a few words.
  tl::expected<Payload, std::string> load(std::uint64_t offset, const ChunkHeader& header);

  static std::uint64_t end_of(std::uint64_t offset, const ChunkHeader& header) {
    return offset + sizeof(ChunkHeader) + header.payload_bytes;
  }

 private:
  struct FreeContext {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  // A recording unpacks to some ten times its size. What unpacks to more than this, and to more
  // than so many times its size, was made to keep its reader busy.
  static constexpr std::uint64_t kHarmlessBytes = std::uint64_t{64} << 20U;
  static constexpr std::uint64_t kMostRatio = 64;

  std::unique_ptr<Input> input_;
  Checks checks_;
  std::uint64_t unpacked_{0};  // in all
  std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
  std::vector<std::byte> packed_;
  std::vector<std::byte> raw_;
  std::vector<std::byte> window_;  // of find()
};

}  // namespace wakepath::dump
