// SPDX-License-Identifier: GPL-2.0-or-later
// What a recorder waits for: `--on 'total > 200us and vm == web*'`.
//
//   trigger  := term { "and" term } | "lost" operator number | "signal"
//   term     := quantity operator duration | ( "vm" | "path" ) ( "==" | "!=" ) name
//   quantity := "total" | "total_to_sched_in" | "total_from_irq" | a stage's name | a sub-stage's
//             | "blame(" class ")"
//   operator := ">" | ">=" | "<" | "<=" | "==" | "!="
//   class    := as --without has it: analysis/culprit_class.hpp
//   name     := with * ? [...] as a shell has them; in quotes where it has blanks
//
// `total` is the wake's total of whatever kind: from its cause, or its interrupt, to guest entry or
// to its CPU.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/culprit_class.hpp"
#include "analysis/total_kind.hpp"
#include "analysis/verdict.hpp"
#include "wakepath/result.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

class Trigger {
 public:
  // By how much a wake meets it.
  struct Met {
    double times_limit{};  // of the quantity that is furthest from its limit
    std::string measured;  // "total 231us"
  };

  // Error: usage, saying which part can't be read.
  static Result<Trigger> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  // nullopt: it does not meet it, or it can't be known whether it does.
  [[nodiscard]] std::optional<Met> met_by(const WakeChain& chain) const;
  // The part of it that names alone decide, and all else.
  [[nodiscard]] bool fits_names(const WakeChain& chain) const;
  [[nodiscard]] std::optional<Met> measured(const WakeChain& chain) const;
  // So many events were lost meanwhile.
  [[nodiscard]] std::optional<Met> met_by_loss(std::uint64_t lost) const;

 private:
  enum class Kind : std::uint8_t { wake, lost, signal };
  struct Term {
    enum class What : std::uint8_t { total, total_of_kind, stage, sub_stage, blame, vm, path };
    What what{};
    std::string name;  // of the quantity, as written; the pattern of a name
    std::optional<TotalKind> total;
    std::optional<StageKind> stage;
    std::optional<CulpritClass> culprit;
    Verdict::Operator op{};
    std::uint64_t limit_ns{};

    [[nodiscard]] bool is_of_names() const { return what == What::vm || what == What::path; }
  };
  static Result<Term> parse_term(std::string_view whole, std::string_view text);
  static Result<Term> parse_quantity(std::string_view whole, std::string_view text);
  // nullopt: the wake has none.
  static std::optional<std::uint64_t> value_of(const Term& term, const WakeChain& chain);
  static bool fits(const Term& term, const WakeChain& chain);

  Kind kind_{Kind::wake};
  std::string text_;
  std::vector<Term> terms_;
  Verdict::Operator lost_op_{};
  std::uint64_t lost_limit_{};
};

}  // namespace wakepath::analysis
