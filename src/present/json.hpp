// SPDX-License-Identifier: GPL-2.0-or-later
// Writes one JSON value at the end of a buffer. An empty optional becomes null: not known.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace wakepath::present {

class JsonWriter {
 public:
  explicit JsonWriter(fmt::memory_buffer& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void key(std::string_view name);

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool truth) { literal(truth ? "true" : "false"); }
  void null() { literal("null"); }
  template <std::integral T>
  requires(!std::same_as<T, bool>) void value(T number) {
    separate();
    fmt::format_to(fmt::appender(out_), "{}", number);
    comma_ = true;
  }
  void value(double number);
  // `json` is JSON already: one value, or several with commas between them.
  void raw(std::string_view json) { literal(json); }
  template <typename T>
  void value(const std::optional<T>& maybe) {
    if (maybe) {
      value(*maybe);
    } else {
      null();
    }
  }

  template <typename T>
  void field(std::string_view name, const T& content) {
    key(name);
    value(content);
  }
  // An empty text is a text that is not known.
  void text_or_null(std::string_view name, std::string_view text);

 private:
  void open(char bracket);
  void close(char bracket);
  void literal(std::string_view text);
  void separate();

  fmt::memory_buffer& out_;
  bool comma_{false};
};

}  // namespace wakepath::present
