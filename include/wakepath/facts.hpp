// SPDX-License-Identifier: GPL-2.0-or-later
// What the stream's Fact records say, decoded: enum wp_fact_kind in abi.h gives the meaning.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "wakepath/interrupt.hpp"
#include "wakepath/record.hpp"

namespace wakepath {

struct Fact {
  wp_fact_kind kind{};
  std::array<std::uint64_t, 4> value{};
  std::vector<std::string> strings;  // hostile: escape before use

  [[nodiscard]] const std::string& text(std::size_t index) const;  // empty where absent
};

// The record's bytes. Strings are cut so that the record stays below WP_MAX_BATCH.
std::vector<std::byte> encode(const Fact& fact);

// The fact in `view`; an error (bad_input) where its strings do not fit its size.
Result<Fact> decode_fact(RecordView view);

// WP_FACT_IRQ of the irqaction at this address, and what such a fact says. Names that no kernel has
// in this length are cut, longer lists of CPUs left out.
Fact irq_fact(std::uint64_t action, const Interrupt& interrupt);
Interrupt interrupt_of(const Fact& fact);

}  // namespace wakepath
