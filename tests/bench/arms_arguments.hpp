// SPDX-License-Identifier: GPL-2.0-or-later
// The command line of bench_arms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace wakepath::bench {

enum class Mode { lateness, programs, empty, events };

struct Arguments {
  Mode mode{Mode::lateness};
  std::string events{"default"};
  std::uint64_t rounds{3};
  std::uint64_t wakes{600};
  std::uint64_t period_us{10'700};  // tests/bench/lab.py gives the reason
  char** command{nullptr};          // ends with a null
};

// nullopt: wrong usage.
std::optional<Arguments> parse(int argc, char** argv);

}  // namespace wakepath::bench
