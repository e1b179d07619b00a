// SPDX-License-Identifier: GPL-2.0-or-later
// One packed file, unpacked byte by byte: what stands before a cut is handed over, to the last byte
// that can be known. libarchive keeps back what does not fill a block of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace wakepath::foreign {

class Unpacker {
 public:
  enum class State : std::uint8_t {
    wants_more,  // bytes, or room
    ended,
    damaged,
    too_large,  // it asks for more memory than any trace needs
  };
  struct Step {
    std::size_t taken{}, made{};
    State state{State::wants_more};
  };

  Unpacker() = default;
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  virtual ~Unpacker() = default;

  virtual Step step(std::string_view packed, std::span<char> out) = 0;
  // Another one stands behind it in the same file: false, where that can't be begun.
  virtual bool again() = 0;
};

// `program` as unpacker_of() has it; null: of a kind that this wakepath can't unpack so.
std::unique_ptr<Unpacker> make_unpacker(std::string_view program);

}  // namespace wakepath::foreign
