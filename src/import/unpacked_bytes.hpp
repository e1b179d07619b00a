// SPDX-License-Identifier: GPL-2.0-or-later
// A packed file as bytes, by an Unpacker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "import/packed_bytes.hpp"
#include "import/unpacker.hpp"

namespace wakepath::foreign {

class UnpackedBytes final : public ByteSource {
 public:
  UnpackedBytes(std::unique_ptr<ByteSource> packed, std::unique_ptr<Unpacker> unpacker,
                std::string name, UnpackLimits limits);
  Result<std::size_t> read(std::span<char> out) override;
  [[nodiscard]] bool waits(int milliseconds) const override;

 private:
  Result<void> refill();
  Result<void> fill();
  // Whether another one follows; behind the last there may be zeros, or anything.
  Result<bool> next();
  [[nodiscard]] tl::unexpected<Error> failed(const std::string& what) const;

  std::unique_ptr<ByteSource> packed_;
  std::unique_ptr<Unpacker> unpacker_;
  std::string name_;
  UnpackLimits limits_;
  std::vector<char> buffer_;
  std::string_view rest_;    // of what was read
  char first_{};             // byte of the file
  std::vector<char> block_;  // unpacked
  std::size_t filled_{0}, handed_{0};
  bool begun_{false};
  bool at_end_{false};
  bool ended_{false}, cut_{false};
  std::optional<Error> unreadable_;  // the file itself
  Unpacker::State state_{Unpacker::State::wants_more};
  std::uint64_t taken_{0}, given_{0};
};

// What unpacks to more than its limits allow.
bool is_bomb(const UnpackLimits& limits, std::uint64_t given, std::uint64_t taken);
tl::unexpected<Error> bomb_error(const UnpackLimits& limits, const std::string& name);

}  // namespace wakepath::foreign
