// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/escape.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "util/utf8.hpp"

namespace wakepath {
namespace {

void append_hex_bytes(std::string& out, std::string_view bytes) {
  for (const char byte : bytes) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(byte));
  }
}

bool is_digit(char32_t value) { return value >= U'0' && value <= U'9'; }

bool has_a_meaning_in_paths(char32_t value) {
  return value == U'>' || value == U'(' || value == U')' || value == U'\\';
}

// JSON's \u has 16 bits: a larger code point becomes two surrogates.
void append_json_number(std::string& out, char32_t value) {
  const auto number = static_cast<unsigned>(value);
  if (number < 0x10000) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", number);
    return;
  }
  const unsigned rest = number - 0x10000;
  fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}", 0xd800 + (rest >> 10U),
                 0xdc00 + (rest & 0x3ffU));
}

void append_json(std::string& out, const CodePoint& point, std::string_view bytes) {
  if (!point.valid) {
    out += "\xef\xbf\xbd";
    return;
  }
  switch (point.value) {
    case U'"':
      out += "\\\"";
      return;
    case U'\\':
      out += "\\\\";
      return;
    case U'\n':
      out += "\\n";
      return;
    case U'\r':
      out += "\\r";
      return;
    case U'\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (disturbs_display(point.value)) {
    append_json_number(out, point.value);
  } else {
    out += bytes;
  }
}

// A runner of CI reads its log line by line, without the blanks before, of whatever kind.
bool begins_ci_command(std::string_view before, std::string_view text) {
  if (text.starts_with('[')) {
    return before.ends_with("##");
  }
  const bool may_begin_line =
      before.empty() || before.back() == ' ' || static_cast<unsigned char>(before.back()) >= 0x80;
  return may_begin_line && text.starts_with("::");
}

}  // namespace

std::string escape_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    const std::string_view bytes = text.substr(0, point.bytes);
    if (point.valid && !disturbs_display(point.value) && !begins_ci_command(out, text)) {
      out += bytes;
    } else {
      append_hex_bytes(out, bytes);
    }
    text.remove_prefix(point.bytes);
  }
  return out;
}

std::string escape_json(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    append_json(out, point, text.substr(0, point.bytes));
    text.remove_prefix(point.bytes);
  }
  return out;
}

std::string escape_path_component(std::string_view text, Digits digits) {
  // Most names stand for themselves.
  const bool is_plain = std::ranges::all_of(text, [digits](unsigned char byte) {
    return byte >= ' ' && byte <= '~' && !has_a_meaning_in_paths(byte) &&
           !(digits == Digits::fold && is_digit(byte));
  });
  if (is_plain) {
    return std::string(text);
  }
  std::string out;
  out.reserve(text.size());
  bool in_digits = false;
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    const std::string_view bytes = text.substr(0, point.bytes);
    const bool digit = digits == Digits::fold && is_digit(point.value) && point.valid;
    const bool plain =
        point.valid && !disturbs_display(point.value) && !has_a_meaning_in_paths(point.value);
    if (digit) {
      out += in_digits ? "" : "*";
    } else if (plain) {
      out += bytes;
    } else {
      append_hex_bytes(out, bytes);
    }
    in_digits = digit;
    text.remove_prefix(point.bytes);
  }
  return out;
}

}  // namespace wakepath
