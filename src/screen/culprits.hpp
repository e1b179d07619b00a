// SPDX-License-Identifier: GPL-2.0-or-later
// Who took the time of wakes, added up in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "analysis/histogram.hpp"
#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::screen {

// The parts of one wake, each culprit once. What no blame explains is one of them.
std::vector<BlameRow> parts_of(const WakeChain& chain);

// The few culprits that took most. What was let go, or never got a place, is in the rest: a row may
// be of less than it took.
class Culprits {
 public:
  static constexpr std::size_t kMost = 8;
  void add(const std::vector<BlameRow>& parts);
  void add(const Culprits& other);
  // That took most first.
  [[nodiscard]] std::vector<BlameRow> rows() const;
  [[nodiscard]] const BlameRow* most() const;
  [[nodiscard]] std::uint64_t ns() const { return ns_; }
  [[nodiscard]] std::uint64_t rest_ns() const { return rest_ns_; }

 private:
  void add_row(const BlameRow& row);

  std::vector<BlameRow> rows_;
  std::uint64_t ns_{0}, rest_ns_{0};
};

// Of all wakes together, with what their totals would be without each: what findings are made of.
class AllCulprits {
 public:
  static constexpr std::size_t kMost = 16;
  void add(const WakeChain& chain, const std::vector<BlameRow>& parts);
  // All wakes first, then by CPU, as findings::culprits() takes them.
  [[nodiscard]] std::vector<BlameGroup> groups() const;

 private:
  static constexpr std::size_t kMostCpus = 16;  // of a culprit
  struct Entry {
    BlameRow row;
    analysis::Replacements without;  // the totals that it held up, less its part
    std::map<std::uint32_t, std::uint64_t> cpus;
  };
  std::vector<Entry> entries_;
  analysis::Histogram totals_;
  std::uint64_t ns_{0}, rest_ns_{0};
};

}  // namespace wakepath::screen
