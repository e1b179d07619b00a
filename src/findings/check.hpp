// SPDX-License-Identifier: GPL-2.0-or-later
// One thing that doctor looked at. What is wrong with it, and what mends it, stands in a finding.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wakepath/finding.hpp"

namespace wakepath::findings {

struct Check {
  enum class State {
    ok,
    warning,  // a capture works, but shows less, or costs more
    missing,  // no capture without it
  };
  std::string name;  // for people; may hold a VM's name
  State state{State::ok};
  std::string detail;
  std::optional<Finding> finding;  // there where the state is not ok
};
std::string_view name_of(Check::State state);

Check fine(std::string name, std::string detail);
// `state` is not ok. `evidence` is what it rests on, besides the check's name.
Check wrong(std::string name, std::string_view rule, Check::State state, std::string detail,
            std::vector<Fix> fixes, std::vector<Figure> evidence = {});
// Something could not be looked at.
Check not_looked_at(std::string name, std::string_view rule, std::string detail,
                    std::vector<Fix> fixes);

// What is missing does no harm after all, because there is another way.
void soften(Check& check);

// The gravest first.
std::vector<Finding> findings_of(const std::vector<Check>& checks);

}  // namespace wakepath::findings
