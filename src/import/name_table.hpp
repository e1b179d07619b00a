// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers for what a trace calls by name: the stream joins functions and actions by address.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "util/seeded_hash.hpp"
#include "wakepath/facts.hpp"

namespace wakepath::foreign {

class NameTable {
 public:
  // `name_of` names a kernel address (empty: it can't); may be empty.
  using NameOf = std::function<std::string(std::uint64_t)>;
  explicit NameTable(NameOf name_of = {}) : name_of_(std::move(name_of)) {}

  // The number that stands for this function; one without a name keeps its address.
  std::uint64_t function(std::string_view name, std::uint64_t address);
  std::uint64_t action(std::uint32_t irq, std::string_view name);

  // What has been named since the last call.
  std::vector<Fact> take_facts();

 private:
  NameOf name_of_;
  SeededMap<std::string, std::uint64_t> functions_;
  SeededMap<std::string, std::uint64_t> actions_;  // by number and name
  std::string key_;
  SeededMap<std::uint64_t, bool> addresses_;
  std::vector<Fact> facts_;
};

}  // namespace wakepath::foreign
