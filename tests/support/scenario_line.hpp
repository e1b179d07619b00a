// SPDX-License-Identifier: GPL-2.0-or-later
// One line of a scenario: words and key=value fields. It finds fields that no reader asked for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace wakepath::testing {

class BadLine : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// 12_000_028, 0x1f
std::uint64_t number_of(std::string_view text);

class Line {
 public:
  // '#' begins a comment; "quotes" keep spaces.
  explicit Line(std::string_view text);

  [[nodiscard]] bool empty() const { return words_.empty(); }
  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }
  [[nodiscard]] const std::string& word(std::size_t index) const;
  // Is the bare word there, after the first `from`?
  bool take_word(std::string_view wanted, std::size_t from);
  std::optional<std::string> take(const std::string& key);
  std::string text(const std::string& key, std::string otherwise);
  std::uint64_t number(const std::string& key, std::uint64_t otherwise);
  std::uint64_t number(const std::string& key);
  // Every field must have been asked for, else a misspelt one would pass unseen.
  void check_fields() const;

 private:
  std::vector<std::string> words_;
  std::map<std::string, std::string> fields_;
};

}  // namespace wakepath::testing
