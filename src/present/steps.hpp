// SPDX-License-Identifier: GPL-2.0-or-later
// The begin of a stage, and a mark, in words for people.
#pragma once

#include <array>
#include <span>
#include <string>

#include "wakepath/wake_chain.hpp"

namespace wakepath::present {

// Names the stages of one chain in order: the second work_delay belongs to the second work hop.
class StepNames {
 public:
  // `off_cpu`: the vCPU's thread was off its CPU before the first stage.
  StepNames(const Root& root, std::span<const Hop> hops, bool off_cpu)
      : root_(root), hops_(hops), off_cpu_(off_cpu) {}
  std::string begin_of(const Stage& stage);

 private:
  // The name of the hop of `kind` that the stages have reached. `advance`: go on to the next one.
  std::string hop(HopKind kind, bool advance, const std::string& otherwise);
  [[nodiscard]] std::string irq(const Stage& stage) const;

  const Root& root_;
  std::span<const Hop> hops_;
  std::array<std::size_t, 7> seen_{};  // hops of each kind
  bool off_cpu_;
};

std::string mark_text(const Mark& mark);

}  // namespace wakepath::present
