// SPDX-License-Identifier: GPL-2.0-or-later
// A fact as its record holds it: numbers and strings, without a meaning.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "wakepath/record.hpp"

namespace wakepath::record {

struct FactRecord {
  std::uint32_t kind{};
  std::array<std::uint64_t, 4> value{};
  std::vector<std::string> strings;

  [[nodiscard]] const std::string& text(std::size_t index) const;  // empty where it is absent
};

// Strings are cut so that the record stays below WP_MAX_BATCH.
std::vector<std::byte> encode(const FactRecord& fact);
// An error (bad_input) where the strings do not fit the record's size.
Result<FactRecord> decode_fact_record(RecordView view);

// A later fact with the same key replaces an earlier one. A kind that this version does not know is
// told apart by all that could be its key.
std::string fact_key(RecordView view);

}  // namespace wakepath::record
