// SPDX-License-Identifier: GPL-2.0-or-later
// Kernel functions by the address that they start at, from a copy of /proc/kallsyms that a user
// hands in. Events carry such addresses alone, so no other is looked up: the copy may be a part.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wakepath/result.hpp"

namespace wakepath::foreign {

class FunctionNames {
 public:
  // Error: bad_input, where the file can't be read or holds no function with an address (a reader
  // without the right to see them is shown zeros).
  static Result<FunctionNames> read(const std::string& path);

  // Empty: not known.
  [[nodiscard]] std::string_view at(std::uint64_t address) const;

 private:
  struct Entry {
    std::uint64_t address;
    std::string name;
  };
  std::vector<Entry> entries_;  // by address
};

}  // namespace wakepath::foreign
