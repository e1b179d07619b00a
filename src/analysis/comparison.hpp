// SPDX-License-Identifier: GPL-2.0-or-later
// What changed between two sets of recordings, and how sure that is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "analysis/block_bootstrap.hpp"
#include "analysis/total_kind.hpp"
#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

enum class Change : std::uint8_t {
  none,  // chance explains it, or it is too small to matter
  better,
  worse,
  unsure,  // too few wakes, or too short a time
};
std::string_view name_of(Change change);

// One quantity of one group: a percentile or the most of a total or stage in ns, or the part of the
// totals that is over the target.
struct ChangeRow {
  std::string vm{"*"}, path{"*"}, stage;
  std::optional<std::uint32_t> vcpu{};
  std::string quantity;  // "p50", "p90", "p99", "max" (always unsure: one wake decides), "over"
  std::uint64_t count_before{}, count_after{};
  Difference difference;
  Change change{Change::none};
};

// What a culprit took of the mean wake.
struct ShiftRow {
  std::string name;
  double before_ns{}, after_ns{};
};

// One side.
struct SideInfo {
  std::vector<std::string> files;
  Header header;  // of the first
  std::uint64_t wakes{}, lost{}, duration_ns{};
};

// "p99(total) > +10%", "p50(wake_delay) >= +20us".
struct ChangeVerdict {
  std::string quantity, stage;
  bool at_least{};  // >= in place of >
  bool relative{};
  double limit{};  // a part of what was before, or ns
};
// Error: usage.
Result<ChangeVerdict> parse_change_verdict(std::string_view text);

struct CompareOptions {
  std::uint64_t target_ns{0};  // 0: none
  std::uint64_t seed{1};
  std::size_t resamples{2000};
  std::vector<std::string> fail_on;
};

struct Comparison {
  SideInfo before, after;
  std::vector<std::string> differs;  // of the hosts, in words
  std::string total;                 // which total is compared
  std::uint64_t target_ns{};         // 0: none
  // All wakes, then by VM, vCPU and path; stages of all wakes, then of each path and VM.
  std::vector<ChangeRow> rows;
  std::size_t left_out{};                            // groups: there were too many of a kind
  std::vector<ShiftRow> culprits;                    // that changed most first
  std::vector<std::string> only_before, only_after;  // paths
  std::vector<VerdictResult> verdicts;
  std::uint64_t seed{}, resamples{};
  std::size_t looked_at{};  // rows that were tested: the limits are corrected for them
  std::uint64_t block_ns{};

  [[nodiscard]] bool is_worse() const;
};

// Wakes of one vCPU on one path.
struct WakeGroup {
  std::string vm;
  std::optional<std::uint32_t> vcpu;
  std::string path;
  auto operator<=>(const WakeGroup&) const = default;
};

// The wakes of one side's recordings, one after the other.
class SideCollector final : public Sink {
 public:
  // Before each recording.
  void begin(const std::string& file);
  Result<void> header(const Header& header) override;
  Result<void> wake(const WakeChain& chain) override;
  Result<void> summary(const Summary& summary) override;
  Result<void> notice(const std::string& text) override;
  // What the recording that began last has to say of itself.
  [[nodiscard]] std::vector<std::string> take_notices() { return std::exchange(notices_, {}); }

 private:
  friend Result<Comparison> compare(SideCollector& before, SideCollector& after,
                                    const CompareOptions& options);
  struct Wake {
    std::uint64_t at_ns{};      // its end, from the recording's begin
    std::uint32_t recording{};  // of the side
    std::uint32_t group{};
    TotalKind kind{};
    std::uint64_t total_ns{};
    std::array<std::uint64_t, kStageKinds> stages{};  // no_stage: it has none
  };
  static constexpr std::uint64_t kNoStage = ~std::uint64_t{0};
  [[nodiscard]] TotalKind main_total() const;
  // How many known vCPUs each VM has on either side.
  static std::map<std::string, std::size_t> vcpus_of_vms(const SideCollector& one,
                                                         const SideCollector& other);

  SideInfo info_;
  std::vector<Wake> wakes_;
  std::map<WakeGroup, std::uint32_t> groups_;
  std::vector<std::uint64_t> begins_;  // of the recordings
  std::vector<std::uint64_t> durations_;
  std::map<std::string, std::uint64_t> culprits_;  // ns
  std::uint64_t blamed_wakes_{0};
  std::set<std::string> paths_;
  std::vector<std::string> notices_;
  bool untimed_{false};
};

// Adds a verdict for each expression. Error: usage, where one can't be read.
Result<void> judge_changes(const std::vector<std::string>& expressions, Comparison& comparison);

// Error: usage, where they have nothing in common.
Result<Comparison> compare(SideCollector& before, SideCollector& after,
                           const CompareOptions& options);

}  // namespace wakepath::analysis
