// SPDX-License-Identifier: GPL-2.0-or-later
// The latest fact of each key, so that a writer can repeat what a reader needs after damage.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "util/seeded_hash.hpp"
#include "wakepath/record.hpp"

namespace wakepath::dump {

class FactStore {
 public:
  explicit FactStore(std::size_t limit_bytes) : limit_(limit_bytes) {}

  // Notices and breaches are not kept: they are said once; nor the host's files: they are too many.
  void keep(RecordView fact);

  // All kept facts, in the order in which their keys came first.
  void append_to(std::vector<std::byte>& out) const;

  // Of all kept facts together.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Facts did not fit the limit and were left out.
  [[nodiscard]] bool partial() const { return partial_; }

 private:
  std::size_t limit_;
  std::size_t bytes_{0};
  bool partial_{false};
  SeededMap<std::string, std::size_t> index_;  // key -> place in records_
  std::vector<std::vector<std::byte>> records_;
};

}  // namespace wakepath::dump
