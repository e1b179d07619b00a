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
    bool cut{false};  // there were more
  };
  Group* group_of(Line& line, const VcpuIdentity& who);
  // The lines that such wakes are counted for.
  const std::vector<std::size_t>& lines_for(const VcpuIdentity& who, const std::string& path);
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
                             const std::vector<VcpuIdentity>& vcpus);

  std::vector<Line> lines_;
  std::size_t groups_{0};
  // Of kinds of wakes that have been seen; begins anew once there are many.
  std::map<std::pair<std::uint32_t, std::string>, std::pair<VcpuIdentity, std::vector<std::size_t>>>
      known_;
};

}  // namespace wakepath::analysis
