// SPDX-License-Identifier: GPL-2.0-or-later
// What the user types: a filter, which acts at once, or a target.
#include "screen/screen.hpp"
#include "screen/typed_text.hpp"
#include "util/duration.hpp"

namespace wakepath::screen {

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
  if (key.kind == KeyKind::enter) {
    finish_typing();
  } else if (key.kind == KeyKind::escape) {
    if (state_.typing == Typing::filter) {
      state_.place().choice.filter.clear();
    }
    state_.typing = Typing::nothing;
  } else if (key.kind == KeyKind::up || key.kind == KeyKind::down) {
    move(key.kind == KeyKind::up ? -1 : 1);
    return Wish::nothing;
  } else {
    type_into(state_.typed, key);
  }
  if (state_.typing == Typing::filter) {
    state_.place().choice.filter = state_.typed;
    state_.place().chosen.clear();
    gathered_ = false;
  }
  return Wish::nothing;
}

}  // namespace wakepath::screen
