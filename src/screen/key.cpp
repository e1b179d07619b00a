// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/key.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "util/utf8.hpp"

namespace wakepath::screen {

std::vector<Key> keys_of(std::string_view text) {
  using Name = std::pair<std::string_view, KeyKind>;
  static constexpr std::array kNames{Name{"<up>", KeyKind::up},
                                     Name{"<down>", KeyKind::down},
                                     Name{"<left>", KeyKind::left},
                                     Name{"<right>", KeyKind::right},
                                     Name{"<pgup>", KeyKind::page_up},
                                     Name{"<pgdn>", KeyKind::page_down},
                                     Name{"<home>", KeyKind::home},
                                     Name{"<end>", KeyKind::end},
                                     Name{"<enter>", KeyKind::enter},
                                     Name{"<bs>", KeyKind::backspace},
                                     Name{"<esc>", KeyKind::escape},
                                     Name{"<wheelup>", KeyKind::wheel_up},
                                     Name{"<wheeldn>", KeyKind::wheel_down}};
  std::vector<Key> keys;
  while (!text.empty()) {
    const auto name = std::ranges::find_if(
        kNames, [text](const Name& one) { return text.starts_with(one.first); });
    if (name != kNames.end()) {
      keys.push_back({name->second, 0, {}});
      text.remove_prefix(name->first.size());
      continue;
    }
    const CodePoint code = next_code_point(text);
    keys.push_back({KeyKind::character, code.value, {}});
    text.remove_prefix(code.bytes);
  }
  return keys;
}

}  // namespace wakepath::screen
