// SPDX-License-Identifier: GPL-2.0-or-later
// Damages the records of a recording: drops, doubles, delays and misplaces them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "support/recording_sink.hpp"

namespace wakepath::testing {

// A whole number from the environment.
std::uint32_t number_from(const char* variable, std::uint32_t otherwise);
// How many damaged runs of each kind a test makes where it could make any number: 60, or
// WAKEPATH_DAMAGE_RUNS, which is less where each run is slow.
std::uint32_t damage_runs();

// A span of time of one CPU.
struct Gap {
  std::uint64_t begin_ns{};
  std::uint64_t end_ns{};
};

class RecordedStream {
 public:
  // Throws std::runtime_error. A recording without numbers gets the numbers that a live capture
  // would have given.
  static RecordedStream of_dump(const std::string& path);

  [[nodiscard]] std::size_t size() const { return records_.size(); }
  [[nodiscard]] RecordView at(std::size_t record) const {
    return *RecordView::at(records_[record]);
  }
  [[nodiscard]] Recording replay(const std::vector<std::size_t>& order) const;
  [[nodiscard]] std::vector<std::size_t> whole() const;

  // The span that may be unknown without this record: on its CPU from the record before to the
  // record after, and the hold-back on both sides; of a tick, between the ticks around it. nullopt:
  // none.
  [[nodiscard]] std::optional<Gap> gap_of(std::size_t record) const;
  // "batch cpu 1 at 1234 sched_switch"
  [[nodiscard]] std::string text_of(std::size_t record) const;
  [[nodiscard]] std::size_t events_in(std::size_t record) const;

 private:
  void number();
  [[nodiscard]] std::uint64_t hold_back() const;

  std::vector<RecordBytes> records_;
};

// One damage: the new order of the records, and a description.
struct StreamDamage {
  enum class How : std::uint8_t { drop, duplicate, delay, swap };

  std::vector<std::size_t> order;
  std::vector<std::size_t> touched;  // records
  std::string done;

  void apply(const RecordedStream& stream, How how, std::mt19937& random);
};

}  // namespace wakepath::testing
