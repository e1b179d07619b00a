// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/unpacker.hpp"

#include <limits>

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>
#ifdef WAKEPATH_LIBLZMA
#include <lzma.h>
#endif
#ifdef WAKEPATH_LIBBZ2
#include <bzlib.h>
#endif

namespace wakepath::foreign {

namespace {

using State = Unpacker::State;

// What these libraries count by.
unsigned counted(std::size_t bytes) {
  constexpr std::size_t kMostCounted = std::numeric_limits<unsigned>::max() / 2;
  return static_cast<unsigned>(bytes < kMostCounted ? bytes : kMostCounted);
}

class Gzip final : public Unpacker {
 public:
  Gzip() : ready_(::inflateInit2(&stream_, kGzipAlone) == Z_OK) {}
  ~Gzip() override { ::inflateEnd(&stream_); }

  Step step(std::string_view packed, std::span<char> out) override {
    if (!ready_) {
      return {0, 0, State::too_large};
    }
    // zlib does not write to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = counted(packed.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = counted(out.size());
    const unsigned in = stream_.avail_in;
    const unsigned room = stream_.avail_out;
    const int done = ::inflate(&stream_, Z_SYNC_FLUSH);
    const State state = done == Z_STREAM_END                  ? State::ended
                        : done == Z_OK || done == Z_BUF_ERROR ? State::wants_more
                        : done == Z_MEM_ERROR                 ? State::too_large
                                                              : State::damaged;
    return {in - stream_.avail_in, room - stream_.avail_out, state};
  }
  bool again() override { return ::inflateReset(&stream_) == Z_OK; }

 private:
  static constexpr int kGzipAlone = 15 + 16;
  z_stream stream_{};
  bool ready_;
};

class Zstd final : public Unpacker {
 public:
  ~Zstd() override { ::ZSTD_freeDStream(stream_); }

  Step step(std::string_view packed, std::span<char> out) override {
    if (stream_ == nullptr) {
      return {0, 0, State::too_large};
    }
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    ZSTD_outBuffer made{out.data(), out.size(), 0};
    const std::size_t left = ::ZSTD_decompressStream(stream_, &made, &in);
    State state = left == 0 ? State::ended : State::wants_more;
    if (::ZSTD_isError(left) != 0) {
      const ZSTD_ErrorCode code = ::ZSTD_getErrorCode(left);
      state =
          code == ZSTD_error_frameParameter_windowTooLarge || code == ZSTD_error_memory_allocation
              ? State::too_large
              : State::damaged;
    }
    return {in.pos, made.pos, state};
  }
  bool again() override {
    return ::ZSTD_isError(::ZSTD_DCtx_reset(stream_, ZSTD_reset_session_only)) == 0;
  }

 private:
  ZSTD_DStream* stream_{::ZSTD_createDStream()};
};

#ifdef WAKEPATH_LIBLZMA
class Xz final : public Unpacker {
 public:
  Xz() : ready_(begin()) {}
  ~Xz() override { ::lzma_end(&stream_); }

  Step step(std::string_view packed, std::span<char> out) override {
    if (!ready_) {
      return {0, 0, State::too_large};
    }
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
    stream_.avail_in = packed.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream_.avail_out = out.size();
    const lzma_ret done = ::lzma_code(&stream_, LZMA_RUN);
    const State state = done == LZMA_STREAM_END                                 ? State::ended
                        : done == LZMA_OK || done == LZMA_BUF_ERROR             ? State::wants_more
                        : done == LZMA_MEMLIMIT_ERROR || done == LZMA_MEM_ERROR ? State::too_large
                                                                                : State::damaged;
    return {packed.size() - stream_.avail_in, out.size() - stream_.avail_out, state};
  }
  bool again() override { return begin(); }

 private:
  bool begin() { return ::lzma_stream_decoder(&stream_, kMostMemory, 0) == LZMA_OK; }

  static constexpr std::uint64_t kMostMemory = std::uint64_t{256} << 20U;  // xz -9 wants 65 MiB
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ready_;
};
#endif

#ifdef WAKEPATH_LIBBZ2
class Bzip2 final : public Unpacker {
 public:
  Bzip2() : ready_(begin()) {}
  ~Bzip2() override { ::BZ2_bzDecompressEnd(&stream_); }

  Step step(std::string_view packed, std::span<char> out) override {
    if (!ready_) {
      return {0, 0, State::too_large};
    }
    stream_.next_in = const_cast<char*>(packed.data());  // it does not write to it
    stream_.avail_in = counted(packed.size());
    stream_.next_out = out.data();
    stream_.avail_out = counted(out.size());
    const unsigned in = stream_.avail_in;
    const unsigned room = stream_.avail_out;
    const int done = ::BZ2_bzDecompress(&stream_);
    const State state = done == BZ_STREAM_END  ? State::ended
                        : done == BZ_OK        ? State::wants_more
                        : done == BZ_MEM_ERROR ? State::too_large
                                               : State::damaged;
    return {in - stream_.avail_in, room - stream_.avail_out, state};
  }
  bool again() override {
    ::BZ2_bzDecompressEnd(&stream_);
    ready_ = begin();
    return ready_;
  }

 private:
  bool begin() {
    stream_ = {};
    return ::BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK;
  }

  bz_stream stream_{};
  bool ready_;
};
#endif

}  // namespace

std::unique_ptr<Unpacker> make_unpacker(std::string_view program) {
  if (program == "zcat") {
    return std::make_unique<Gzip>();
  }
  if (program == "zstdcat") {
    return std::make_unique<Zstd>();
  }
#ifdef WAKEPATH_LIBLZMA
  if (program == "xzcat") {
    return std::make_unique<Xz>();
  }
#endif
#ifdef WAKEPATH_LIBBZ2
  if (program == "bzcat") {
    return std::make_unique<Bzip2>();
  }
#endif
  return nullptr;
}

}  // namespace wakepath::foreign
