// SPDX-License-Identifier: GPL-2.0-or-later
// Blame, added up: who held the wakes up, for how long, and what their totals would be without it.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analysis/culprit_class.hpp"
#include "analysis/histogram.hpp"
#include "analysis/total_kind.hpp"
#include "util/list_index.hpp"
#include "util/seeded_hash.hpp"
#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

// Memory is bounded: a group keeps the culprits that took most, and adds up the others. One that
// was let go and comes again begins anew. There are at most so many groups of vCPUs, of paths and
// of CPUs each.
inline constexpr std::size_t kMostCulprits = 256;
inline constexpr std::size_t kMostBlameGroups = 4096;

class BlameSums {
 public:
  BlameSums() = default;
  BlameSums(const BlameSums&) = delete;  // a group points into itself
  BlameSums& operator=(const BlameSums&) = delete;
  BlameSums(BlameSums&&) = default;
  BlameSums& operator=(BlameSums&&) = default;
  ~BlameSums() = default;
  // `without`: what the totals would be without these is kept too.
  explicit BlameSums(std::vector<CulpritClass> without) : without_(std::move(without)) {}

  // A wake without a total is left out. What a stage's blame leaves open counts as unexplained, so
  // that the culprits of a group sum to the time of its wakes.
  void add(const WakeChain& chain);
  // All wakes first, then by vCPU, by path, by stage, by CPU. Of the kind of total that most wakes
  // have. Wakes that moved between CPUs are in no CPU's group: a stage has one CPU, where it ended.
  [[nodiscard]] std::vector<BlameGroup> groups() const;
  // Of the same kind of total. nullopt: it was not asked for, or no wake has a total.
  [[nodiscard]] std::optional<WhatIf> what_if() const;

 private:
  using Number = std::optional<std::uint32_t>;
  struct CulpritView {
    BlameKind kind{};
    std::string_view what;
    Number number;  // of a task its thread, of an interrupt its own
    auto operator<=>(const CulpritView&) const = default;
  };
  // A number stands for one culprit. When ids_ is full it begins anew, and the culprit gets
  // another.
  using Id = std::uint64_t;
  // With its hash, for it is looked up in several groups.
  struct Sought {
    CulpritView to;
    std::size_t hash{};
    Id id{};
  };
  struct Culprit {
    BlameKind kind{};
    std::string what;
    Number number;
    std::size_t hash{};
    [[nodiscard]] CulpritView view() const { return {kind, what, number}; }
  };
  struct HashOf {
    using is_transparent = void;
    std::size_t operator()(const auto& one) const { return one.hash; }
  };
  struct Same {
    using is_transparent = void;
    static CulpritView view(const Culprit& one) { return one.view(); }
    static const CulpritView& view(const Sought& one) { return one.to; }
    bool operator()(const auto& a, const auto& b) const {
      return a.hash == b.hash && view(a) == view(b);
    }
  };
  [[nodiscard]] std::size_t hash_of(const CulpritView& to) const;
  Sought sought(const CulpritView& to);
  struct Sum {
    std::uint64_t ns{};
    std::uint64_t wakes{};
    std::uint64_t worst_ns{};
    std::optional<std::int32_t> prio;
    InterruptPtr interrupt;
    Replacements without;  // the totals that it held up, less its part: of all wakes alone
  };
  using Sums = std::unordered_map<Culprit, Sum, HashOf, Same>;
  struct Group {
    std::uint64_t wakes{};
    std::uint64_t ns{};
    Sums culprits;
    // By id, those that were looked up last: most wakes lose to the same few.
    std::array<std::pair<Id, Sum*>, 16> recent{};
    std::uint64_t rest_ns{};
  };
  // What a wake lost to a culprit on a CPU in a stage.
  struct Lost {
    Sought sought;
    const Blame* blame;  // null: of time that no blame explains
    std::uint64_t ns;
    StageKind stage;
    std::uint32_t cpu;
  };
  using VcpuKey = std::tuple<std::string, Number, Number, Number>;  // VM, its pid, thread, vCPU
  struct Population {
    Histogram totals;
    Group all;
    std::map<VcpuKey, Group> vcpus;
    std::map<std::string, Group, std::less<>> paths;
    std::array<Group, kStageKinds> stages;
    std::map<std::uint32_t, Group> cpus;
    Histogram then;  // the totals without the classes
    std::vector<WhatIf::Class> classes;
    std::uint64_t spared_wakes{}, spared_ns{};
  };

  [[nodiscard]] const Population& most() const;
  void spare(std::uint64_t total_ns, Population& population) const;
  void split(const WakeChain& chain);
  template <typename Accepts>
  void merge(Accepts accepts, std::vector<Lost>& out);
  // `total_ns`: of the group of all wakes alone.
  static void count(Group& group, const std::vector<Lost>& merged,
                    std::optional<std::uint64_t> total_ns);
  static Sum& sum_of(Group& group, const Lost& lost);
  static BlameGroup shown(const Group& group);
  void add_totals(const Histogram& totals, const Group& group, BlameGroup& shown) const;

  std::vector<CulpritClass> without_;
  std::array<Population, kTotalKinds> populations_;
  std::unordered_map<Culprit, Id, HashOf, Same> ids_;
  Id last_id_{0};
  std::vector<Lost> lost_, whole_, merged_;  // of the wake that is being added
  ListIndex merged_places_;
  SeededHash hash_;
};

}  // namespace wakepath::analysis
