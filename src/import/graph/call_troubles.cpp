// SPDX-License-Identifier: GPL-2.0-or-later
// What a CallTree could not read.
#include <utility>

#include <fmt/format.h>

#include "import/graph/calls.hpp"
#include "util/escape.hpp"

namespace wakepath::foreign::graph {

// Any event may have stood there, so it counts as a loss.
void CallTree::unreadable(Trouble& trouble, std::string_view text) {
  this->trouble(trouble, text);
  if (!std::exchange(hole_said_, true)) {
    visitor_.lost(TraceLoss{std::nullopt, 1});
  }
}

void CallTree::trouble(Trouble& trouble, std::string_view text) {
  if (trouble.count++ == 0) {
    trouble.first = number_;
    trouble.text = text.substr(0, 60);
  }
}

std::vector<std::string> CallTree::problems() const {
  std::vector<std::string> all;
  const auto more = [](const Trouble& trouble) {
    return trouble.count > 1 ? fmt::format(", and {} more", trouble.count - 1) : std::string{};
  };
  if (garbage_.count > 0) {
    all.push_back(fmt::format("line {}: is no function graph (\"{}\"){}", garbage_.first,
                              escape_terminal(garbage_.text), more(garbage_)));
  }
  if (cut_.count > 0) {
    all.push_back(fmt::format("line {}: the file ends inside it (\"{}\")", cut_.first,
                              escape_terminal(cut_.text)));
  }
  if (repeats_.count > 0) {
    all.push_back(fmt::format("line {}: time steps back{}; {} lines are left out, until it passes",
                              repeats_.first, more(repeats_), skipped_));
  }
  if (jumps_.count > 0) {
    all.push_back(fmt::format("line {}: the clock was set back{}", jumps_.first, more(jumps_)));
  }
  if (mixed_.count > 0) {
    all.push_back(
        fmt::format("line {}: without its CPU (option funcgraph-cpu) it can't be told from those "
                    "of other CPUs{}",
                    mixed_.first, more(mixed_)));
  }
  return all;
}

}  // namespace wakepath::foreign::graph
