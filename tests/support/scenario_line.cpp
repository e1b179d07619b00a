// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/scenario_line.hpp"

#include <algorithm>
#include <charconv>

namespace wakepath::testing {

std::uint64_t number_of(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
               [](char c) { return c != '_'; });
  const bool hex = digits.starts_with("0x");
  const char* begin = digits.data() + (hex ? 2 : 0);
  const char* end = digits.data() + digits.size();
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(begin, end, value, hex ? 16 : 10);
  if (error != std::errc{} || stop != end || begin == end) {
    throw BadLine("'" + std::string(text) + "' is not a number");
  }
  return value;
}

Line::Line(std::string_view text) {
  std::string word;
  bool quoted = false;
  bool started = false;
  const auto flush = [&] {
    if (!started) {
      return;
    }
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      words_.push_back(word);
    } else {
      fields_[word.substr(0, equals)] = word.substr(equals + 1);
    }
    word.clear();
    started = false;
  };
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
      started = true;
    } else if (!quoted && c == '#') {
      break;
    } else if (!quoted && (c == ' ' || c == '\t')) {
      flush();
    } else {
      word += c;
      started = true;
    }
  }
  if (quoted) {
    throw BadLine("a quote is open");
  }
  flush();
}

const std::string& Line::word(std::size_t index) const {
  if (index >= words_.size()) {
    throw BadLine("a word is missing");
  }
  return words_[index];
}

bool Line::take_word(std::string_view wanted, std::size_t from) {
  const auto begin = words_.begin() + static_cast<std::ptrdiff_t>(std::min(from, words_.size()));
  const auto found = std::find(begin, words_.end(), wanted);
  if (found == words_.end()) {
    return false;
  }
  words_.erase(found);
  return true;
}

std::optional<std::string> Line::take(const std::string& key) {
  const auto found = fields_.find(key);
  if (found == fields_.end()) {
    return std::nullopt;
  }
  std::string value = found->second;
  fields_.erase(found);
  return value;
}

std::string Line::text(const std::string& key, std::string otherwise) {
  return take(key).value_or(std::move(otherwise));
}

std::uint64_t Line::number(const std::string& key, std::uint64_t otherwise) {
  const auto value = take(key);
  return value ? number_of(*value) : otherwise;
}

std::uint64_t Line::number(const std::string& key) {
  const auto value = take(key);
  if (!value) {
    throw BadLine("the field '" + key + "' is missing");
  }
  return number_of(*value);
}

void Line::check_fields() const {
  if (!fields_.empty()) {
    throw BadLine("the field '" + fields_.begin()->first + "' is not known here");
  }
}

}  // namespace wakepath::testing
