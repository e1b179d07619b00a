// SPDX-License-Identifier: GPL-2.0-or-later
// Blame as folded stacks, for flame graphs: "vm;vcpu 0;path;stage;who ns", one a line.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "analysis/total_kind.hpp"
#include "export/exporter.hpp"
#include "util/output_file.hpp"

namespace wakepath::exports {

// Totals of different kinds are never put together: of those that most wakes have, as blame of the
// summary is. Its sum is the time of those wakes.
class FoldedStacks final : public Exporter {
 public:
  // Errors: OutputFile::create()'s.
  static Result<std::unique_ptr<Exporter>> create(const OutputPlan& plan);
  explicit FoldedStacks(OutputFile file) : file_(std::move(file)) {}

  Result<void> keep_rights_for_names(const std::function<void()>& begin) override {
    return file_.keep_rights_for_names(begin);
  }
  Result<void> wake(const WakeChain& chain) override;
  Result<std::string> finish() override;

 private:
  // Beyond so many stacks the others become one: names come from outside.
  static constexpr std::size_t kMostStacks = 65'536;
  using Number = std::optional<std::uint32_t>;
  using Vm = std::tuple<std::string, Number, Number>;  // name, pid; a thread where neither is known
  // VM, vCPU, path, stage, who.
  using Stack = std::tuple<Vm, Number, std::string, StageKind, std::string>;
  struct OfTotal {
    std::map<Stack, std::uint64_t> stacks;
    std::uint64_t wakes{0};
    std::uint64_t rest_ns{0};
  };

  [[nodiscard]] std::string vm_frame(const Vm& vm) const;

  OutputFile file_;
  std::array<OfTotal, analysis::kTotalKinds> totals_;
  std::map<std::string, std::set<Vm>> vms_;  // of each name
};

}  // namespace wakepath::exports
