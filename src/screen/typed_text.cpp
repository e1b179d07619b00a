// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/typed_text.hpp"

#include "util/utf8.hpp"

namespace wakepath::screen {

namespace {

void drop_last_glyph(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0U) == 0x80U) {
    text.pop_back();
  }
  if (!text.empty()) {
    text.pop_back();
  }
}

void append_glyph(std::string& text, char32_t code) {
  const auto put = [&text](char32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0U | (code >> 6U));
    put(0x80U | (code & 0x3fU));
  } else if (code < 0x10000) {
    put(0xe0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3fU));
    put(0x80U | (code & 0x3fU));
  } else {
    put(0xf0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3fU));
    put(0x80U | ((code >> 6U) & 0x3fU));
    put(0x80U | (code & 0x3fU));
  }
}

}  // namespace

void type_into(std::string& text, const Key& key) {
  constexpr std::size_t kLongest = 64;
  if (key.kind == KeyKind::backspace) {
    drop_last_glyph(text);
  } else if (key.kind == KeyKind::character && key.code >= U' ' && key.code != 0x7f &&
             !disturbs_display(key.code) && text.size() < kLongest) {
    append_glyph(text, key.code);
  }
}

}  // namespace wakepath::screen
