// SPDX-License-Identifier: GPL-2.0-or-later
// Finds entries of a list that only grows. While they are few it looks at each, which is quicker
// than a hash; a file may hold many.
#pragma once

#include <cstddef>
#include <unordered_map>

namespace wakepath {

class ListIndex {
 public:
  // The place of the entry for which `same(entry)` holds, or the list's size. `hash_of` takes an
  // entry, and `hash()` tells the one that is sought: seeded, for who wrote the file chose them.
  template <typename List, typename Same, typename HashOf, typename Hash>
  [[nodiscard]] std::size_t find(const List& list, Same same, HashOf hash_of, Hash hash) {
    constexpr std::size_t kFew = 16;
    if (list.size() <= kFew) {
      std::size_t at = 0;
      while (at < list.size() && !same(list[at])) {
        ++at;
      }
      return at;
    }
    for (; indexed_ < list.size(); ++indexed_) {
      places_.emplace(hash_of(list[indexed_]), indexed_);
    }
    const auto [first, last] = places_.equal_range(hash());
    for (auto place = first; place != last; ++place) {
      if (same(list[place->second])) {
        return place->second;
      }
    }
    return list.size();
  }

  // The list begins anew.
  void clear() {
    if (indexed_ != 0) {
      places_ = {};  // clear() would go through all the room that one long list once took
      indexed_ = 0;
    }
  }

 private:
  std::unordered_multimap<std::size_t, std::size_t> places_;  // by hash
  std::size_t indexed_{0};
};

}  // namespace wakepath
