// SPDX-License-Identifier: GPL-2.0-or-later
// A hash for tables whose keys come from a file. Whoever wrote the file does not know the seed of
// this process, so no choice of keys makes a table slow. Nothing in an output may depend on the
// order of such a table.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include <sys/auxv.h>

namespace wakepath {

class SeededHash {
 public:
  using is_transparent = void;

  SeededHash() {
    static const Seed of_process;
    seed_ = of_process;
  }

  [[nodiscard]] std::size_t operator()(std::uint64_t key) const {
    return static_cast<std::size_t>(mixed(mixed(seed_.start, key), seed_.factor));
  }
  [[nodiscard]] std::size_t operator()(std::uint64_t one, std::uint64_t two,
                                       std::uint64_t three) const {
    const std::uint64_t hash = mixed(mixed(mixed(seed_.start, one), two), three);
    return static_cast<std::size_t>(mixed(hash, seed_.factor));
  }
  [[nodiscard]] std::size_t operator()(std::string_view text) const {
    std::uint64_t hash = seed_.start ^ text.size();
    while (!text.empty()) {
      std::uint64_t word = 0;
      const std::size_t bytes = text.size() < sizeof(word) ? text.size() : sizeof(word);
      std::memcpy(&word, text.data(), bytes);
      hash = mixed(hash, word);
      text.remove_prefix(bytes);
    }
    return static_cast<std::size_t>(mixed(hash, seed_.factor));
  }

 private:
  struct Seed {
    // 16 random bytes that the kernel gives each process: getauxval(3).
    Seed() {
      if (const auto* random = std::bit_cast<const char*>(::getauxval(AT_RANDOM))) {
        std::memcpy(&start, random, sizeof(start));
        std::memcpy(&factor, random + sizeof(start), sizeof(factor));
      }
      factor |= 1U;
    }
    std::uint64_t start{0x243f6a8885a308d3};
    std::uint64_t factor{0x9e3779b97f4a7c15};
  };

  [[nodiscard]] std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) const {
    hash = (hash ^ word) * seed_.factor;
    return hash ^ (hash >> 32U);
  }

  Seed seed_;
};

// Text is looked up without a copy.
template <typename Key, typename Value>
using SeededMap = std::unordered_map<Key, Value, SeededHash, std::equal_to<>>;
template <typename Key>
using SeededSet = std::unordered_set<Key, SeededHash, std::equal_to<>>;

}  // namespace wakepath
