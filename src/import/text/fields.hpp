// SPDX-License-Identifier: GPL-2.0-or-later
// Reads a line's fields from left to right. Each step returns false and leaves the place as it is
// where the text goes on otherwise.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wakepath::foreign::text {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  bool skip(std::string_view literal) {
    if (!rest_.starts_with(literal)) {
      return false;
    }
    rest_.remove_prefix(literal.size());
    return true;
  }

  void skip_spaces() {
    const std::size_t end = rest_.find_first_not_of(' ');
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
  }

  // A decimal number that fits T; a sign where T has one.
  template <typename T>
  bool number(T& out) {
    return digits(out, 10);
  }

  // With or without "0x".
  template <typename T>
  bool hex(T& out) {
    const std::string_view before = rest_;
    skip("0x");
    if (digits(out, 16)) {
      return true;
    }
    rest_ = before;
    return false;
  }

  // A pointer. One that the kernel did not print ("(null)", "(____ptrval____)") is 0: not told.
  template <typename T>
  bool pointer(T& out) {
    out = 0;
    return rest_.starts_with('(') ? skip_past(")") : hex(out);
  }

  // What stands before `literal`, which is skipped with it.
  bool until(std::string_view literal, std::string_view& out) {
    const std::size_t at = rest_.find(literal);
    if (at == std::string_view::npos) {
      return false;
    }
    out = rest_.substr(0, at);
    rest_.remove_prefix(at + literal.size());
    return true;
  }

  bool skip_past(std::string_view literal) {
    std::string_view passed;
    return until(literal, passed);
  }

  // What stands before the next space or the end; not empty.
  bool word(std::string_view& out) {
    out = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(out.size());
    return !out.empty();
  }

  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  template <typename T>
  bool digits(T& out, int base) {
    const char* const first = rest_.data();
    const auto [end, error] = std::from_chars(first, first + rest_.size(), out, base);
    if (error != std::errc{}) {
      return false;
    }
    rest_.remove_prefix(static_cast<std::size_t>(end - first));
    return true;
  }

  std::string_view rest_;
};

}  // namespace wakepath::foreign::text
