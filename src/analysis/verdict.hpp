// SPDX-License-Identifier: GPL-2.0-or-later
// Expressions that turn a capture into pass or fail, for CI: `--fail-on 'p99(total) > 200us'`.
//
//   verdict  := quantity operator limit
//   quantity := pNN[.N]"("stage")" | min"("stage")" | max"("stage")" | count"("stage")"
//             | "wakes" | "complete" | "incomplete" | "deliveries" | "lost" | "missed" | "late"
//   operator := ">" | ">=" | "<" | "<=" | "==" | "!="
//   limit    := duration (of a latency) | integer (of a count)
//   stage    := "total" | "total_to_sched_in" | "total_from_irq" | a stage's name
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wakepath/result.hpp"

namespace wakepath::analysis {

struct Verdict {
  enum class Quantity : std::uint8_t {
    quantile,
    min,
    max,
    count,
    wakes,
    complete,
    incomplete,
    deliveries,
    lost,
    missed,
    late
  };
  enum class Operator : std::uint8_t { gt, ge, lt, le, eq, ne };

  Quantity quantity{};
  double q{};         // quantile, 0 to 1
  std::string stage;  // of a latency
  Operator op{};
  std::uint64_t limit{};
  std::string quantity_text;  // as written
  std::string limit_text;

  [[nodiscard]] bool is_latency() const {
    return quantity == Quantity::quantile || quantity == Quantity::min || quantity == Quantity::max;
  }
};

// Error: usage, saying which part can't be read. `patterns`: a stage may be a pattern that some
// stage fits (see util/glob.hpp).
enum class Stages : std::uint8_t { names, patterns };
Result<Verdict> parse_verdict(std::string_view text, Stages stages = Stages::names);

// The stages that a pattern fits, in the order of a wake; of a name itself alone. No pattern fits a
// total: that is no stage.
std::vector<std::string> stages_like(const std::string& pattern);

bool holds(std::uint64_t value, Verdict::Operator op, std::uint64_t limit);
std::string_view text_of(Verdict::Operator op);

}  // namespace wakepath::analysis
