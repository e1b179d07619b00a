// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/json.hpp"

#include "util/escape.hpp"

namespace wakepath::present {

namespace {

void append(fmt::memory_buffer& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

}  // namespace

void JsonWriter::separate() {
  if (comma_) {
    out_.push_back(',');
  }
}

void JsonWriter::open(char bracket) {
  separate();
  out_.push_back(bracket);
  comma_ = false;
}

void JsonWriter::close(char bracket) {
  out_.push_back(bracket);
  comma_ = true;
}

void JsonWriter::literal(std::string_view text) {
  separate();
  append(out_, text);
  comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  separate();
  out_.push_back('"');
  append(out_, escape_json(name));
  append(out_, "\":");
  comma_ = false;
}

void JsonWriter::value(std::string_view text) {
  separate();
  out_.push_back('"');
  append(out_, escape_json(text));
  out_.push_back('"');
  comma_ = true;
}

void JsonWriter::value(double number) {
  separate();
  fmt::format_to(fmt::appender(out_), "{:.3f}", number);
  comma_ = true;
}

void JsonWriter::text_or_null(std::string_view name, std::string_view text) {
  key(name);
  if (text.empty()) {
    null();
  } else {
    value(text);
  }
}

}  // namespace wakepath::present
