// SPDX-License-Identifier: GPL-2.0-or-later
// Stages one behind the other, each with its basis for blame.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reconstruct/blame.hpp"
#include "reconstruct/cause.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::reconstruct {

// Each stage begins where the last one ended. A boundary that lies before that (the kernel's order
// made it void) adds none.
class StageList {
 public:
  // Appends to `stages` and `bases`, which must outlive the list.
  StageList(std::vector<Stage>& stages, std::vector<StageBasis>& bases, std::uint64_t begin_ns)
      : stages_(stages), bases_(bases), at_ns_(begin_ns) {}

  // The new stage, until the next is added. Null: the boundary was void, or is not known (0).
  Stage* until(StageKind kind, std::uint64_t end_ns, std::uint32_t cpu, std::string actor,
               StageBasis basis);

 private:
  std::vector<Stage>& stages_;
  std::vector<StageBasis>& bases_;
  std::uint64_t at_ns_;
};

// Where the cause itself acts.
StageBasis own_code(const Cause& cause);
// Where the chain waits for the thread that the cause is, or that runs it.
StageBasis wait_for_thread(const Cause& cause);

// Where it lies inside the stage and is not empty.
void add_sub(Stage& stage, const char* name, std::uint64_t begin_ns, std::uint64_t end_ns);
// The way from sched_in to guest entry, by the marks that lie in it.
void split_entry(Stage& entry, const std::vector<Mark>& marks);

}  // namespace wakepath::reconstruct
