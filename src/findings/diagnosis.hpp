// SPDX-License-Identifier: GPL-2.0-or-later
// Why one wake was slow. Each ns of it belongs to the first rule whose signature it has, so that
// the causes of a wake sum to it; what no rule knows is said to be not known.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wakepath/finding.hpp"
#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::findings {

// What is usual for wakes of its path.
struct Usual {
  std::uint64_t wakes{};
  std::optional<std::uint64_t> p50_ns, p99_ns;  // of the total; nullopt: too few wakes
  std::array<std::optional<std::uint64_t>, kStageKinds> stage_p50_ns{};
};

// A part of a stage that one culprit had.
struct Piece {
  const WakeChain* wake{};
  const Stage* stage{};
  const Blame* blame{};  // null: nothing explains it
  BlameKind kind{};      // that of `blame`, but for a thread that slept: nothing tells why
  std::uint64_t ns{};
  bool asleep{};  // the vCPU's thread itself slept, and `blame` had its CPU meanwhile
  std::optional<std::uint64_t> usual_ns;  // of the stage
  bool user_exits{};                      // the VMM ran in this stage
};

struct DiagnosisRule {
  std::string_view name;
  std::string_view about;  // for "not it": a noun
  Confidence confidence;
  bool (*fits)(const Piece& piece);
  // What happened: "hog (tid 178, nice 0) had CPU 1". `piece`: the longest of those that fit.
  std::string (*text)(const Piece& piece);
  // nullptr: none is known.
  Fix (*fix)(const Piece& piece);
  std::string_view settles;  // what would tell for sure; empty: it is sure
};

// The rules, in the order in which they take what is theirs.
const std::vector<DiagnosisRule>& diagnosis_rules();

struct Cause {
  const DiagnosisRule* rule{};
  std::uint64_t ns{};
  Finding finding;
};

struct Diagnosis {
  std::vector<Cause> causes;             // that took most first; they sum to the wake
  std::uint64_t own_ns{};                // of its own code
  std::vector<std::string_view> not_it;  // that took nothing of it
  std::vector<std::string> remarks;      // what else is known of it
};

Diagnosis diagnose(const WakeChain& wake, const Usual& usual);

// Of the rows of a summary: those of its VM, vCPU and path, else of all wakes.
Usual usual_of(const WakeChain& wake, const std::vector<LatencyRow>& rows);

// What `explain` has to say.
struct Explanation {
  WakeChain wake;
  Usual usual;
  Diagnosis diagnosis;
  std::optional<std::uint64_t> rank;  // 1: the slowest; nullopt: not among the slowest
  std::uint64_t of_wakes{};           // that have a total
  // Told while wakes come: the slowest of so many unusual ones within a second.
  std::optional<std::uint64_t> of_unusual{};
};

}  // namespace wakepath::findings
