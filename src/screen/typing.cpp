// SPDX-License-Identifier: GPL-2.0-or-later
// What the user types: a filter, which acts at once, or a target.
#include "screen/screen.hpp"
#include "util/duration.hpp"
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

void Screen::finish_typing() {
  if (state_.typing == Typing::target) {
    const Result<std::uint64_t> ns = parse_duration(state_.typed);
    if (ns && *ns != 0) {
      options_.target_ns = *ns;
      model_->set_target(*ns);
    } else {
      state_.message = "no time: " + state_.typed + "; write it as 200us or 1.5ms";
    }
  }
  state_.typing = Typing::nothing;
}

Wish Screen::typed_key(const Key& key) {
  constexpr std::size_t kLongest = 64;
  if (key.kind == KeyKind::enter) {
    finish_typing();
  } else if (key.kind == KeyKind::escape) {
    if (state_.typing == Typing::filter) {
      state_.place().choice.filter.clear();
    }
    state_.typing = Typing::nothing;
  } else if (key.kind == KeyKind::backspace) {
    drop_last_glyph(state_.typed);
  } else if (key.kind == KeyKind::character && key.code >= U' ' && key.code != 0x7f &&
             !disturbs_display(key.code) && state_.typed.size() < kLongest) {
    append_glyph(state_.typed, key.code);
  } else if (key.kind == KeyKind::up || key.kind == KeyKind::down) {
    move(key.kind == KeyKind::up ? -1 : 1);
    return Wish::nothing;
  }
  if (state_.typing == Typing::filter) {
    state_.place().choice.filter = state_.typed;
    state_.place().chosen.clear();
    gathered_ = false;
  }
  return Wish::nothing;
}

}  // namespace wakepath::screen
