// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/packed_bytes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace wakepath::foreign {
namespace {

using ::testing::HasSubstr;

// "a line of a trace" a hundred times, each by the program of its kind.
constexpr unsigned char kGzip[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4b, 0x54, 0xc8, 0xc9,
    0xcc, 0x4b, 0x55, 0xc8, 0x4f, 0x53, 0x48, 0x54, 0x28, 0x29, 0x4a, 0x4c, 0x4e, 0xe5,
    0x4a, 0x1c, 0x15, 0x19, 0x15, 0x19, 0x15, 0x19, 0x15, 0x19, 0x15, 0x19, 0x15, 0x19,
    0x31, 0x22, 0x00, 0x9d, 0x29, 0x9b, 0x12, 0x08, 0x07, 0x00, 0x00,
};
constexpr unsigned char kBzip2[] = {
    0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x3e, 0x99, 0xdc, 0x0c, 0x00, 0x01,
    0x12, 0xd1, 0x80, 0x00, 0x10, 0x40, 0x00, 0x2b, 0x25, 0x94, 0x00, 0x20, 0x00, 0x70, 0x40, 0xd0,
    0x34, 0x02, 0x95, 0x23, 0x4d, 0x0d, 0x19, 0x22, 0xe8, 0x8b, 0x24, 0x5c, 0x11, 0x60, 0x8b, 0x92,
    0x2c, 0x91, 0x6c, 0x8b, 0x92, 0x2d, 0x11, 0x7a, 0x45, 0xb2, 0x2d, 0x91, 0x68, 0x8b, 0x64, 0x58,
    0x22, 0xf8, 0x8b, 0x04, 0x5f, 0x8b, 0xb9, 0x22, 0x9c, 0x28, 0x48, 0x1f, 0x4c, 0xee, 0x06, 0x00,
};
constexpr unsigned char kXz[] = {
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21,
    0x01, 0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0xe0, 0x07, 0x07, 0x00, 0x23, 0x5d,
    0x00, 0x30, 0x88, 0x09, 0x86, 0xd4, 0x1f, 0x45, 0xb8, 0x23, 0x8f, 0xf5, 0x32, 0x66, 0x72,
    0x42, 0x9c, 0xd8, 0xda, 0x66, 0xc1, 0xc2, 0xaf, 0x4e, 0x5d, 0x65, 0x71, 0xd8, 0x27, 0x02,
    0x57, 0x6e, 0x06, 0xc1, 0x10, 0x00, 0x00, 0x00, 0x3d, 0xe7, 0xb7, 0xf9, 0x62, 0x9b, 0xc2,
    0x41, 0x00, 0x01, 0x3f, 0x88, 0x0e, 0x00, 0x00, 0x00, 0xc5, 0xed, 0x30, 0x57, 0xb1, 0xc4,
    0x67, 0xfb, 0x02, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a,
};
constexpr unsigned char kZstd[] = {
    0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0xd5, 0x00, 0x00, 0x90, 0x61, 0x20, 0x6c,
    0x69, 0x6e, 0x65, 0x20, 0x6f, 0x66, 0x20, 0x61, 0x20, 0x74, 0x72, 0x61, 0x63,
    0x65, 0x0a, 0x01, 0x00, 0xe6, 0xad, 0x7f, 0x86, 0x01, 0x97, 0x5b, 0x0c, 0xbf,
};
constexpr unsigned char kLz4[] = {
    0x04, 0x22, 0x4d, 0x18, 0x64, 0x40, 0xa7, 0x23, 0x00, 0x00, 0x00, 0xff, 0x03, 0x61,
    0x20, 0x6c, 0x69, 0x6e, 0x65, 0x20, 0x6f, 0x66, 0x20, 0x61, 0x20, 0x74, 0x72, 0x61,
    0x63, 0x65, 0x0a, 0x12, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xe4, 0x50, 0x72,
    0x61, 0x63, 0x65, 0x0a, 0x00, 0x00, 0x00, 0x00, 0xc9, 0x22, 0x32, 0x1b,
};
struct Packed {
  std::string_view program;
  std::string_view bytes;
};

template <std::size_t N>
std::string_view bytes_of(const unsigned char (&bytes)[N]) {
  return {reinterpret_cast<const char*>(bytes), N};
}

// 262144 zeros, by gzip: what stands between its ends is zero too.
std::string bomb() {
  constexpr unsigned char kHead[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
                                     0x03, 0xed, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00, 0xc2,
                                     0xa0, 0xf5, 0x4f, 0xed, 0x6d, 0x07, 0xa0};
  constexpr unsigned char kTail[] = {0xde, 0x00, 0x22, 0xea, 0x0e, 0xe2, 0x00, 0x00, 0x04, 0x00};
  return std::string(bytes_of(kHead)) + std::string(254, '\0') + std::string(bytes_of(kTail));
}

std::vector<Packed> all() {
  return {{"zcat", bytes_of(kGzip)},
          {"bzcat", bytes_of(kBzip2)},
          {"xzcat", bytes_of(kXz)},
          {"zstdcat", bytes_of(kZstd)},
          {"lz4cat", bytes_of(kLz4)}};
}

struct Unpacked {
  std::string text;
  std::string error;
};

Unpacked unpack(std::string_view packed, UnpackLimits limits = UnpackLimits()) {
  auto opened =
      PackedBytes::open(std::make_unique<MemoryBytes>(packed), unpacker_of(packed), "a.gz", limits);
  if (!opened) {
    return {"", opened.error().message};
  }
  Unpacked out;
  std::array<char, 512> buffer{};
  for (;;) {
    const auto got = (*opened)->read(buffer);
    if (!got || *got == 0) {
      out.error = got ? "" : got.error().message;
      return out;
    }
    out.text.append(buffer.data(), *got);
  }
}

std::string whole_text() {
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += "a line of a trace\n";
  }
  return text;
}

TEST(PackedBytes, EachKindIsKnownAndUnpacked) {
  for (const Packed& packed : all()) {
    EXPECT_EQ(unpacker_of(packed.bytes), packed.program);
    const Unpacked out = unpack(packed.bytes);
    EXPECT_EQ(out.text, whole_text()) << packed.program;
    EXPECT_EQ(out.error, "") << packed.program;
  }
  EXPECT_EQ(unpacker_of("# tracer: nop\n"), "");
  EXPECT_EQ(unpacker_of(""), "");
}

// Wherever it is cut, it is never called damaged, and never whole.
TEST(PackedBytes, CutAnywhere) {
  for (const Packed& packed : all()) {
    for (std::size_t length = 4; length < packed.bytes.size(); ++length) {
      const Unpacked out = unpack(packed.bytes.substr(0, length));
      EXPECT_THAT(out.error, HasSubstr("is cut off")) << packed.program << " at " << length;
      EXPECT_EQ(out.text, whole_text().substr(0, out.text.size()));
    }
  }
}

// What stands before the cut is handed over, also where it fills no block of a library. bzip2 and
// zstd pack so little as one block; behind it there are sums alone.
TEST(PackedBytes, WhatStandsBeforeACutIsRead) {
  for (const Packed& packed : all()) {
    const Unpacked out = unpack(packed.bytes.substr(0, packed.bytes.size() - 1));
    EXPECT_EQ(out.text, whole_text()) << packed.program;
  }
  for (const std::string_view stream : {bytes_of(kGzip), bytes_of(kXz)}) {
    std::size_t most = 0;
    for (std::size_t length = 4; length < stream.size(); ++length) {
      const std::size_t size = unpack(stream.substr(0, length)).text.size();
      EXPECT_GE(size, most) << length;
      most = size;
    }
  }
  EXPECT_GE(unpack(bytes_of(kGzip).substr(0, 40)).text.size(), 500U);
}

TEST(PackedBytes, SeveralInOneFile) {
  for (const Packed& packed : all()) {
    const std::string twice = std::string(packed.bytes) + std::string(packed.bytes);
    const Unpacked out = unpack(twice);
    EXPECT_EQ(out.text, whole_text() + whole_text()) << packed.program;
    EXPECT_EQ(out.error, "") << packed.program;
    const Unpacked cut = unpack(std::string_view(twice).substr(0, twice.size() - 1));
    EXPECT_EQ(cut.text, whole_text() + whole_text()) << packed.program;
    EXPECT_THAT(cut.error, HasSubstr("is cut off")) << packed.program;
  }
}

TEST(PackedBytes, WhatAsksForTooMuchMemoryIsLeft) {
  // A frame of zstd with a window of 2^41 bytes.
  constexpr unsigned char kWide[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0x01, 0x00, 0x00};
  EXPECT_THAT(unpack(bytes_of(kWide)).error, HasSubstr("more memory than any trace needs"));
}

TEST(PackedBytes, WhatIsDamagedIsAnError) {
  std::string bytes(bytes_of(kXz));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x55);
  EXPECT_THAT(unpack(bytes).error, HasSubstr("damaged"));
}

// It is read in pieces, and no further than it may be.
TEST(PackedBytes, WhatWasMadeToFillDisks) {
  const std::string packed = bomb();
  const Unpacked out = unpack(packed, {std::uint64_t{32} << 10U, 100});
  EXPECT_THAT(out.error, HasSubstr("more than 100 times its size"));
  EXPECT_LE(out.text.size(), 40960U);
  EXPECT_EQ(unpack(packed).error, "");  // so little harms nobody
}

}  // namespace
}  // namespace wakepath::foreign
