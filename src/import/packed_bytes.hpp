// SPDX-License-Identifier: GPL-2.0-or-later
// What gzip, bzip2, xz, zstd and lz4 packed, unpacked as it is read, in bounded memory: by the
// library of each kind, where wakepath is built with it, else by libarchive.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "import/byte_source.hpp"

namespace wakepath::foreign {

// The program that unpacks what begins so: "xzcat"; empty: no packed file.
std::string_view unpacker_of(std::string_view first_bytes);

// What unpacks to more than `harmless` bytes and to more than `ratio` times its size was made to
// fill disks: text of traces shrinks to a tenth, at best to a fortieth.
struct UnpackLimits {
  std::uint64_t harmless{std::uint64_t{256} << 20U};
  std::uint64_t ratio{200};
};

class PackedBytes final : public ByteSource {
 public:
  // `name` is for messages. Errors: unsupported, where this wakepath was built without libarchive;
  // bad_input.
  static Result<std::unique_ptr<ByteSource>> open(std::unique_ptr<ByteSource> packed,
                                                  std::string_view unpacker, std::string name,
                                                  UnpackLimits limits = UnpackLimits());
  ~PackedBytes() override;

  // Error: bad_input, where the file is cut off, is damaged, or unpacks to what no trace does.
  Result<std::size_t> read(std::span<char> out) override;
  [[nodiscard]] bool waits(int milliseconds) const override;

 private:
  struct Impl;
  explicit PackedBytes(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wakepath::foreign
