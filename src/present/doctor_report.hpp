// SPDX-License-Identifier: GPL-2.0-or-later
// What `wakepath doctor` found out, as plain data. Texts may hold names from outside.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wakepath::present {

struct DoctorReport {
  enum class State : std::uint8_t { ok, warning, missing };
  struct Check {
    std::string name;
    State state{};
    std::string detail;
    std::string fix;  // empty: nothing is to be done, or can be
  };
  std::vector<Check> checks;
};

}  // namespace wakepath::present
