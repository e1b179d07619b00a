// SPDX-License-Identifier: GPL-2.0-or-later
// A place for what an export writes, and names that would break each of its forms.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include "support/temporary_directory.hpp"
#include "util/output_plan.hpp"

namespace wakepath::exports::testing {

// A quote, a separator of each form, ends of lines, a terminal's escape, bytes that are no UTF-8,
// a mark that turns text around.
inline const std::string kHostile = "a\"b,c;d\r\ne\x1b[31m\xff\u202e";
inline const std::string kHarmless = "a\"b,c;d\\x0d\\x0ae\\x1b[31m\\xff\\xe2\\x80\\xae";

class Written {
 public:
  [[nodiscard]] OutputPlan plan() const { return {path()}; }
  [[nodiscard]] std::string path() const { return directory_.path() + "/made"; }
  // Of the file, or of one in the directory.
  [[nodiscard]] std::string text(const std::string& name = {}) const {
    std::ifstream file(name.empty() ? path() : path() + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  wakepath::testing::TemporaryDirectory directory_;
};

}  // namespace wakepath::exports::testing
