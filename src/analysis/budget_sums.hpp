// SPDX-License-Identifier: GPL-2.0-or-later
// Counts wakes for the lines of a budget, and judges each line by its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "analysis/analysis.hpp"
#include "analysis/verdict.hpp"
#include "wakepath/budget.hpp"
#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

class BudgetSums {
 public:
  explicit BudgetSums(const std::vector<BudgetLine>& lines);
  void add(const WakeChain& chain);
  void add(const Delivery& delivery);
  // A verdict for each line, in their order. `summary`: of the whole input. `vms`, `vcpus`: that
  // the input named or showed.
  [[nodiscard]] std::vector<VerdictResult> judge(const Summary& summary,
                                                 const std::vector<std::string>& vms,
                                                 const std::vector<VcpuIdentity>& vcpus) const;

  // What is judged by itself: of all lines together, so many at most.
  static constexpr std::size_t kMostGroups = 16'384;
  static constexpr std::uint64_t kFirstCompares = 1'000'000'000;
  static constexpr std::uint64_t kComparesEach = 1'000;

 private:
  using Number = std::optional<std::uint32_t>;
  using Key = std::tuple<std::string, Number, Number, Number>;  // VM, its pid, thread, vCPU
  struct Group {
    Latencies latencies;
    std::uint64_t wakes{}, complete{}, lossy{}, deliveries{};
  };
  struct Line {
    BudgetLine line;
    std::map<Key, Group> groups;
    bool cut{false};         // there were more
    bool uncompared{false};  // some names were not compared with its patterns
  };
  // What such wakes, or, without a path, such deliveries are counted for.
  using Kind = std::pair<std::uint32_t, std::optional<std::string>>;  // thread, path
  Group* group_of(Line& line, const VcpuIdentity& who);
  const std::vector<std::size_t>& lines_for(const VcpuIdentity& who,
                                            std::optional<std::string> path);
  struct Judged {
    VerdictResult result;
    std::string who;  // that is judged by itself
  };
  static TotalKind main_total(const Line& line);
  static std::string name_of_group(const Line& line, const Key& key);
  static std::vector<Judged> judge_parts(const Line& line, const Verdict& verdict,
                                         const std::string& expression, const Summary& summary);
  static VerdictResult judge(const Line& line, const Summary& summary,
                             const std::vector<std::string>& vms,
                             const std::vector<VcpuIdentity>& vcpus, std::uint64_t& compares);

  std::vector<Line> lines_;
  std::size_t groups_{0};
  // Begins anew once there are many.
  std::map<Kind, std::pair<VcpuIdentity, std::vector<std::size_t>>> known_;
  // How many characters of names may still be compared with patterns. Each wake and each delivery
  // brings some, so comparing takes no longer than reading, whatever the names and patterns are.
  std::uint64_t compares_{kFirstCompares};
};

}  // namespace wakepath::analysis
