// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "util/duration.hpp"
#include "util/shell_word.hpp"

namespace wakepath::analysis {

namespace {

constexpr std::uint64_t kLeastBlock = 50'000'000;
constexpr std::uint64_t kMostBlocks = 100;  // of a recording
constexpr std::size_t kLeastBlocks = 10;    // of a side
constexpr double kInTail = 10;              // measurements beyond a percentile, or it is unsure
// Of a false alarm in a whole comparison. The errors are estimates, and small samples have heavy
// tails: so it is far below what is claimed.
constexpr double kAlpha = 0.005;
// A smaller change does not matter, however sure it is.
constexpr double kLeastPart = 0.02;
constexpr double kLeastNs = 100;
constexpr double kLeastOver = 0.001;
constexpr std::uint64_t kMostWork = 60'000'000;  // steps of a row's resampling
constexpr std::size_t kMostGroups = 200;         // of a rank

struct Measured {
  std::string_view name;
  double q;  // 0: the part over the target; 1: the most, which no interval can be given for
};
constexpr std::array kMeasured{Measured{"p50", 0.5}, Measured{"p90", 0.9}, Measured{"p99", 0.99},
                               Measured{"max", 1}, Measured{"over", 0}};

// Groups of wakes, in the order in which they are told; `stage` of a total is negative.
enum class Rank : std::uint8_t { all, vm, vcpu, path, stage, stage_of_path, stage_of_vm };
constexpr std::array kRanks{Rank::all,        Rank::vm,    Rank::vcpu,
                            Rank::path,       Rank::stage, Rank::stage_of_path,
                            Rank::stage_of_vm};
struct Key {
  Rank rank{};
  std::string vm{"*"};
  std::optional<std::uint32_t> vcpu{};
  std::string path{"*"};
  int stage{-1};
  auto operator<=>(const Key&) const = default;
};

// What there is to tell apart.
struct Scope {
  bool several_paths{};
  std::map<std::string, std::size_t> vcpus;  // of each VM
};

// The group of this rank that a wake belongs to. nullopt: none, or another rank has the same wakes.
std::optional<Key> key_of(Rank rank, const WakeGroup& own, const Scope& scope) {
  switch (rank) {
    case Rank::all:
    case Rank::stage:
      return Key{.rank = rank};
    case Rank::vm:
      return scope.vcpus.size() < 2 || (own.vcpu && scope.vcpus.at(own.vm) < 2)
                 ? std::nullopt
                 : std::optional(Key{.rank = rank, .vm = own.vm});
    case Rank::vcpu:
      return own.vcpu ? std::optional(Key{.rank = rank, .vm = own.vm, .vcpu = own.vcpu})
                      : std::nullopt;
    case Rank::path:
    case Rank::stage_of_path:
      return scope.several_paths ? std::optional(Key{.rank = rank, .path = own.path})
                                 : std::nullopt;
    case Rank::stage_of_vm:
      return scope.vcpus.size() > 1 ? std::optional(Key{.rank = rank, .vm = own.vm}) : std::nullopt;
  }
  return std::nullopt;
}

// What is measured of one group on both sides.
struct Pair {
  ChangeRow row;
  BlockSample before, after;
};

double measured(const Measured& quantity, std::uint64_t target_ns, const BlockSample& sample,
                std::span<const std::uint16_t> weights) {
  return quantity.q == 0   ? sample.over(target_ns, weights)
         : quantity.q == 1 ? static_cast<double>(sample.most())
                           : static_cast<double>(sample.quantile(quantity.q, weights));
}

bool carries(const Measured& quantity, std::uint64_t count) {
  const double part = quantity.q == 0 ? 0.5 : 1 - quantity.q;  // of the most: none
  return static_cast<double>(count) * part >= kInTail;
}

// The sides' blocks of time.
struct Blocks {
  std::vector<std::uint32_t> counts, first;
  std::uint32_t all{};
};

Blocks blocks_of(const std::vector<std::uint64_t>& durations, std::uint64_t block_ns) {
  Blocks out;
  for (const std::uint64_t duration : durations) {
    out.first.push_back(out.all);
    out.counts.push_back(static_cast<std::uint32_t>(duration / block_ns) + 1);
    out.all += out.counts.back();
  }
  return out;
}

// How differences are told from chance.
struct Tests {
  const CompareOptions& options;
  const std::array<BlockWeights, 2>& weights;
  bool long_enough;
};

void append_rows(std::map<Key, Pair>& pairs, const Tests& tests, Comparison& out) {
  std::size_t groups = 0;
  for (auto& [key, pair] : pairs) {
    if (pair.before.size() == 0 || pair.after.size() == 0) {
      continue;
    }
    if (++groups > kMostGroups) {
      ++out.left_out;
      continue;
    }
    pair.before.close();
    pair.after.close();
    const std::size_t work = pair.before.size() + pair.after.size();
    const std::size_t resamples = std::clamp<std::size_t>(
        kMostWork / std::max<std::size_t>(work, 1),
        std::min<std::size_t>(200, tests.options.resamples), tests.options.resamples);
    for (const Measured& quantity : kMeasured) {
      if (quantity.q == 0 && (tests.options.target_ns == 0 || key.stage >= 0)) {
        continue;
      }
      ChangeRow row = pair.row;
      row.quantity = std::string(quantity.name);
      row.count_before = pair.before.count();
      row.count_after = pair.after.count();
      const bool sure =
          tests.long_enough && carries(quantity, std::min(row.count_before, row.count_after));
      row.change = sure ? Change::none : Change::unsure;
      row.difference = difference(
          pair.before, tests.weights[0], pair.after, tests.weights[1], sure ? resamples : 0,
          [&](const BlockSample& sample, std::span<const std::uint16_t> each) {
            return measured(quantity, tests.options.target_ns, sample, each);
          });
      out.looked_at += sure ? 1 : 0;
      out.rows.push_back(std::move(row));
    }
  }
}

}  // namespace

std::string_view name_of(Change change) {
  constexpr std::array<std::string_view, 4> kNames{"none", "better", "worse", "unsure"};
  return kNames[static_cast<std::size_t>(change)];
}

bool Comparison::is_worse() const {
  return std::ranges::any_of(rows,
                             [](const ChangeRow& row) { return row.change == Change::worse; });
}

void SideCollector::begin(const std::string& file) {
  info_.files.push_back(file);
  begins_.push_back(0);
  durations_.push_back(0);
}

Result<void> SideCollector::header(const Header& header) {
  if (begins_.size() == 1) {
    info_.header = header;
  }
  begins_.back() = header.begin_ns.value_or(0);
  untimed_ = untimed_ || (header.trace && header.trace->untimed);
  return {};
}

Result<void> SideCollector::wake(const WakeChain& chain) {
  const auto kind = total_kind(chain);
  if (!kind) {
    return {};
  }
  const WakeGroup group{chain.who.vm, chain.who.vcpu, chain.path};
  const auto [known, fresh] =
      groups_.try_emplace(group, static_cast<std::uint32_t>(groups_.size()));
  Wake wake;
  wake.at_ns = chain.end_ns - std::min(chain.end_ns, begins_.back());
  wake.recording = static_cast<std::uint32_t>(begins_.size() - 1);
  wake.group = known->second;
  wake.kind = *kind;
  wake.total_ns = chain.total_ns();
  wake.stages.fill(kNoStage);
  for (const Stage& stage : chain.stages) {
    std::uint64_t& ns = wake.stages[static_cast<std::size_t>(stage.kind)];
    ns = (ns == kNoStage ? 0 : ns) + (stage.end_ns - stage.begin_ns);
  }
  paths_.insert(chain.path);
  wakes_.push_back(wake);
  return {};
}

Result<void> SideCollector::notice(const std::string& text) {
  notices_.push_back(text);
  return {};
}

Result<void> SideCollector::summary(const Summary& summary) {
  info_.wakes += summary.wakes;
  info_.lost += summary.lost;
  info_.duration_ns += summary.duration_ns;
  std::uint64_t last = summary.duration_ns;
  for (auto wake = wakes_.rbegin(); wake != wakes_.rend() && wake->recording + 1 == begins_.size();
       ++wake) {
    last = std::max(last, wake->at_ns);
  }
  durations_.back() = last;
  if (!summary.blame.empty()) {
    blamed_wakes_ += summary.blame.front().wakes;
    for (const BlameRow& row : summary.blame.front().rows) {
      // Numbers of threads and interrupts change from run to run.
      const std::string name = row.kind == BlameKind::self ? "own code"
                               : row.what.empty()
                                   ? std::string(name_of(row.kind))
                                   : fmt::format("{}({})", name_of(row.kind), row.what);
      culprits_[name] += row.ns;
    }
  }
  return {};
}

TotalKind SideCollector::main_total() const {
  std::array<std::uint64_t, kTotalKinds> counts{};
  for (const Wake& wake : wakes_) {
    ++counts[static_cast<std::size_t>(wake.kind)];
  }
  return static_cast<TotalKind>(std::ranges::max_element(counts) - counts.begin());
}

std::map<std::string, std::size_t> SideCollector::vcpus_of_vms(const SideCollector& one,
                                                               const SideCollector& other) {
  std::map<std::string, std::set<std::uint32_t>> found;
  for (const SideCollector* const side : {&one, &other}) {
    for (const auto& [group, number] : side->groups_) {
      auto& of = found[group.vm];
      if (group.vcpu) {
        of.insert(*group.vcpu);
      }
    }
  }
  std::map<std::string, std::size_t> out;
  for (const auto& [vm, vcpus] : found) {
    out[vm] = vcpus.size();
  }
  return out;
}

Result<Comparison> compare(SideCollector& before, SideCollector& after,
                           const CompareOptions& options) {
  for (const SideCollector* const side : {&before, &after}) {
    if (side->untimed_) {
      return fail(ErrorKind::usage, fmt::format("{} has no times: nothing in it can be compared",
                                                fmt::join(side->info_.files, ", ")));
    }
    if (side->wakes_.empty()) {
      return fail(ErrorKind::usage,
                  fmt::format("{} has no wake with a total", fmt::join(side->info_.files, ", ")),
                  fmt::format("wakepath replay {} says why", file_word(side->info_.files.front())));
    }
  }
  const TotalKind kind = before.main_total();
  if (kind != after.main_total()) {
    const auto has = [](const SideCollector& side) {
      return fmt::format("{} has {}", fmt::join(side.info_.files, ", "),
                         name_of(side.main_total()));
    };
    return fail(ErrorKind::usage, fmt::format("{}, {}: different lengths", has(before), has(after)),
                "compare recordings of hosts that show the same: guest entry, or when timers were "
                "due, is not seen in one (wakepath info says why kvm_entry is missing)");
  }
  Comparison out;
  out.before = before.info_;
  out.after = after.info_;
  out.total = std::string(name_of(kind));
  out.target_ns = options.target_ns;
  out.seed = options.seed;
  std::ranges::set_difference(before.paths_, after.paths_, std::back_inserter(out.only_before));
  std::ranges::set_difference(after.paths_, before.paths_, std::back_inserter(out.only_after));
  if (out.only_before.size() == before.paths_.size()) {
    return fail(ErrorKind::usage,
                fmt::format("they have no path in common: {} against {}", *before.paths_.begin(),
                            *after.paths_.begin()),
                "compare recordings of the same load");
  }
  std::uint64_t longest = 0;
  for (const SideCollector* const side : {&before, &after}) {
    longest = std::max(longest, *std::ranges::max_element(side->durations_));
  }
  out.block_ns = std::max(kLeastBlock, longest / kMostBlocks + 1);

  const Scope scope{before.paths_.size() > 1 || after.paths_.size() > 1,
                    SideCollector::vcpus_of_vms(before, after)};
  const std::array<SideCollector*, 2> sides{&before, &after};
  std::array<Blocks, 2> blocks;
  for (std::size_t side = 0; side < sides.size(); ++side) {
    blocks[side] = blocks_of(sides[side]->durations_, out.block_ns);
  }
  const std::array<BlockWeights, 2> weights{
      BlockWeights(blocks[0].counts, options.resamples, options.seed),
      BlockWeights(blocks[1].counts, options.resamples, options.seed + 1)};
  const Tests tests{options, weights,
                    blocks[0].all >= kLeastBlocks && blocks[1].all >= kLeastBlocks};
  out.resamples = options.resamples;
  // One rank after the other, for each holds all measurements once.
  for (const Rank rank : kRanks) {
    std::map<Key, Pair> pairs;
    for (std::size_t side = 0; side < sides.size(); ++side) {
      const Blocks& of = blocks[side];
      std::vector<std::optional<Key>> keys(sides[side]->groups_.size());
      for (const auto& [group, number] : sides[side]->groups_) {
        keys[number] = key_of(rank, group, scope);
      }
      const auto add = [&](const Key& key, std::uint64_t ns, std::uint32_t block) {
        auto& pair = pairs[key];
        pair.row.vm = key.vm;
        pair.row.vcpu = key.vcpu;
        pair.row.path = key.path;
        pair.row.stage =
            key.stage < 0 ? out.total : std::string(name_of(static_cast<StageKind>(key.stage)));
        (side == 0 ? pair.before : pair.after).add(ns, block);
      };
      for (const SideCollector::Wake& wake : sides[side]->wakes_) {
        std::optional<Key>& key = keys[wake.group];
        if (wake.kind != kind || !key) {
          continue;
        }
        const std::uint32_t block = of.first[wake.recording] +
                                    std::min(static_cast<std::uint32_t>(wake.at_ns / out.block_ns),
                                             of.counts[wake.recording] - 1);
        if (rank < Rank::stage) {
          add(*key, wake.total_ns, block);
          continue;
        }
        for (std::size_t stage = 0; stage < kStageKinds; ++stage) {
          if (wake.stages[stage] != SideCollector::kNoStage) {
            key->stage = static_cast<int>(stage);
            add(*key, wake.stages[stage], block);
          }
        }
      }
    }
    append_rows(pairs, tests, out);
  }
  before.wakes_ = {};
  after.wakes_ = {};
  const double limit = critical_value(kAlpha, out.looked_at);
  for (ChangeRow& row : out.rows) {
    if (row.change == Change::unsure) {
      continue;
    }
    const double change = row.difference.after - row.difference.before;
    const double least = row.quantity == "over"
                             ? kLeastOver
                             : std::max(kLeastNs, kLeastPart * row.difference.before);
    const bool apart = row.difference.low > 0 || row.difference.high < 0;
    if (apart && std::abs(change) >= least && std::abs(change) > limit * row.difference.error) {
      row.change = change > 0 ? Change::worse : Change::better;
    }
  }
  const auto mean = [](std::uint64_t ns, std::uint64_t wakes) {
    return wakes == 0 ? 0.0 : static_cast<double>(ns) / static_cast<double>(wakes);
  };
  std::set<std::string> names;
  for (const SideCollector* const side : {&before, &after}) {
    for (const auto& [name, ns] : side->culprits_) {
      names.insert(name);
    }
  }
  for (const std::string& name : names) {
    out.culprits.push_back({name, mean(before.culprits_[name], before.blamed_wakes_),
                            mean(after.culprits_[name], after.blamed_wakes_)});
  }
  std::ranges::stable_sort(out.culprits, std::ranges::greater{}, [](const ShiftRow& row) {
    return std::abs(row.after_ns - row.before_ns);
  });
  WAKEPATH_CHECK(judge_changes(options.fail_on, out));
  return out;
}

}  // namespace wakepath::analysis
