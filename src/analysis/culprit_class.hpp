// SPDX-License-Identifier: GPL-2.0-or-later
// Classes of culprits, for what would be without them: `--without 'task(hog)'`.
//
//   class   := kind | kind "(" pattern ")" | "stage(" STAGE ")"
//   kind    := "task" | "irq" | "softirq" | "idle_exit" | "ipi" | "self" | "unexplained"
//   pattern := a name with * ? [...] as a shell has them, or a number: a task's thread, an
//              interrupt's, an idle state's
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wakepath/result.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

struct CulpritClass {
  std::string text;  // as written
  std::optional<BlameKind> kind;
  std::optional<StageKind> stage;
  std::string pattern;  // empty: all of the kind
};

// Error: usage, saying what is allowed.
Result<CulpritClass> parse_culprit_class(std::string_view text);

// Is what a wake lost in `stage` to one of `kind` in the class? `blame`: null where nothing
// explains it.
bool is_in(const CulpritClass& one, StageKind stage, BlameKind kind, const Blame* blame);

// What their absence would do that no blame tells, each a sentence.
std::vector<std::string> not_foretold(const std::vector<CulpritClass>& classes);

}  // namespace wakepath::analysis
