// SPDX-License-Identifier: GPL-2.0-or-later
// What stands before each event of a trace that was quoted, indented, numbered, searched by grep,
// or logged: "> ", "    12\t", "trace.txt:12:", "[  102.001000] ", "Nov 28 12:00:01 host kernel: ".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wakepath::foreign::text {

class LinePrefix {
 public:
  // Nothing stands before the events.
  LinePrefix() = default;
  // Learns from the first bytes of a text.
  explicit LinePrefix(std::string_view first_bytes);

  [[nodiscard]] bool empty() const { return shapes_.empty(); }
  // How much of `line` it is. A line that has another one than those before teaches it.
  std::size_t length(std::string_view line);

 private:
  void learn(std::string shape);
  void learn_unaligned(const std::vector<std::string>& names);

  // Of text: a number is kNumber, spaces inside are kSpaces, all else stands for itself.
  std::vector<std::string> shapes_;
  std::size_t last_{0};  // that matched
};

}  // namespace wakepath::foreign::text
