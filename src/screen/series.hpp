// SPDX-License-Identifier: GPL-2.0-or-later
// The wakes of one group, added up since the begin or the last reset: of a vCPU and a path, of a
// CPU, of an interrupt.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/total_kind.hpp"
#include "screen/culprits.hpp"
#include "screen/latency_counts.hpp"
#include "screen/minute.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::screen {

using KeptWake = std::shared_ptr<const WakeChain>;

// A wake that passes by: it is copied once, and only if anybody keeps it.
class PassingWake {
 public:
  explicit PassingWake(const WakeChain& chain) : chain_(chain) {}
  [[nodiscard]] const WakeChain& chain() const { return chain_; }
  const KeptWake& keep() {
    if (!kept_) {
      kept_ = std::make_shared<const WakeChain>(chain_);
    }
    return kept_;
  }

 private:
  const WakeChain& chain_;
  KeptWake kept_;
};

// The slowest wakes, whole: at most so many.
class SlowestWakes {
 public:
  void add(PassingWake& wake, std::size_t most);
  void add(const SlowestWakes& other);
  void forget() { kept_.clear(); }
  // The slowest first.
  [[nodiscard]] std::vector<KeptWake> sorted() const;

 private:
  // Most wakes are faster than all of these, and none of the whole ones is looked at for that.
  struct Kept {
    std::uint64_t total_ns{};
    std::uint64_t id{};
    KeptWake wake;
  };
  static bool is_slower(const Kept& a, const Kept& b);

  std::vector<Kept> kept_;  // a heap: the least slow stands first
};

struct StageSum {
  std::uint64_t wakes{};
  std::uint64_t ns{};
};
using StageSums = std::array<StageSum, kStageKinds>;

// Whose the wakes are, and which total they have; nullopt: none, and they only count.
struct SeriesKey {
  VcpuIdentity who;
  std::string path;
  std::optional<analysis::TotalKind> kind;
};

class Series {
 public:
  static constexpr std::size_t kMostKept = 8;

  // `target_ns`: a longer total is a slow one. `kept`: how many of the slowest may be kept whole.
  struct Taken {
    PassingWake& wake;
    const std::vector<BlameRow>& parts;
    std::uint64_t column{};
    std::uint64_t target_ns{};
    std::size_t kept{};
  };
  void add(const Taken& taken);
  // A wake without a total.
  void count(std::uint64_t column) { minute_.add(column); }
  // Both, in a group of groups. The slowest wakes of both are kept.
  void add(const Series& other);
  void fold() { minute_.fold(); }
  // Slow wakes are counted anew.
  void forget_target();
  void forget();

  [[nodiscard]] const LatencyCounts& totals() const { return totals_; }
  [[nodiscard]] const Minute& minute() const { return minute_; }
  [[nodiscard]] const Culprits& culprits() const { return culprits_; }
  [[nodiscard]] const StageSums& slow() const { return slow_; }
  [[nodiscard]] const StageSums& normal() const { return normal_; }
  // How many are slow, of how many since the target is as it is; and the time of the slow ones.
  [[nodiscard]] std::uint64_t over() const { return over_; }
  [[nodiscard]] std::uint64_t over_of() const { return over_of_; }
  [[nodiscard]] std::uint64_t over_ns() const { return over_ns_; }
  // The slowest first.
  [[nodiscard]] std::vector<KeptWake> slowest() const { return kept_.sorted(); }
  [[nodiscard]] const SlowestWakes& kept() const { return kept_; }

  // p50, p90, p99 and p99.9.
  using Quantiles = std::array<std::uint64_t, 4>;
  static constexpr Quantiles kNeeded{2, 10, 100, 1000};  // wakes, or it is not known
  [[nodiscard]] const Quantiles& quantiles() const;

 private:
  LatencyCounts totals_;
  Minute minute_;
  Culprits culprits_;
  StageSums slow_{}, normal_{};
  std::uint64_t over_{0}, over_of_{0}, over_ns_{0};
  SlowestWakes kept_;
  mutable Quantiles quantiles_{};
  mutable std::uint64_t quantiles_of_{0};  // wakes; as long as no more came, they are right
};

}  // namespace wakepath::screen
