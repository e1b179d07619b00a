// SPDX-License-Identifier: GPL-2.0-or-later
// What `audit --watch` shows: what is wrong on the CPUs that are kept free, and since when.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/audit.hpp"
#include "screen/watch.hpp"

namespace wakepath::screen {

class AuditWatch {
 public:
  // `lately`: of the time since the look before. `so_far`: of all time, `since_ns` by now.
  WatchLook look(const audit::AuditReport& lately, const audit::AuditReport& so_far,
                 std::uint64_t since_ns);
  static std::vector<std::string> help();

 private:
  struct Known {
    std::string name;
    Severity severity{};
    std::uint64_t seen_ns{};  // when it was there last
    bool quiet{false};        // it was not there for so long that this was told
  };
  void note(std::uint64_t since_ns, const std::string& text);
  void compare(const std::string& id, const Finding& all, const Finding* now,
               std::uint64_t since_ns);

  std::map<std::string, Known> known_;  // by id
  bool first_{true};
  std::deque<std::string> changes_;  // the newest first
};

}  // namespace wakepath::screen
