// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/holder_table.hpp"

namespace wakepath::reconstruct {

std::size_t hash_of(const Holder& holder, const SeededHash& hash) {
  const std::uint64_t who = holder.tid + (std::uint64_t{holder.number} << 32U);
  const std::uint64_t kind = static_cast<std::uint64_t>(holder.kind);
  return hash(who, holder.action, holder.hrtimer ^ kind);
}

std::size_t HolderTable::home_of(const Holder& holder) const {
  return hash_of(holder, hash_) & (homes_.size() - 1);
}

HolderTable::Id HolderTable::take(const Holder& holder) {
  if (!homes_.empty()) {
    for (Id id = homes_[home_of(holder)]; id != kNone; id = entries_[id].next) {
      if (entries_[id].holder == holder) {
        ++entries_[id].uses;
        return id;
      }
    }
  }
  return add(holder);
}

HolderTable::Id HolderTable::add(const Holder& holder) {
  Id id = free_;
  if (id == kNone) {
    id = static_cast<Id>(entries_.size());
    entries_.emplace_back();
    grow();
  } else {
    free_ = entries_[id].next;
  }
  Id& home = homes_[home_of(holder)];
  entries_[id] = {holder, 1, home};
  home = id;
  return id;
}

void HolderTable::release(Id id) {
  if (--entries_[id].uses != 0) {
    return;
  }
  Id* at = &homes_[home_of(entries_[id].holder)];
  while (*at != id) {
    at = &entries_[*at].next;
  }
  *at = entries_[id].next;
  entries_[id].next = free_;
  free_ = id;
}

// The last entry has no home yet.
void HolderTable::grow() {
  constexpr std::size_t kFirst = 16;
  if (entries_.size() <= homes_.size()) {
    return;
  }
  homes_.assign(homes_.empty() ? kFirst : 2 * homes_.size(), kNone);
  for (std::size_t i = 0; i + 1 < entries_.size(); ++i) {
    Id& home = homes_[home_of(entries_[i].holder)];
    entries_[i].next = home;
    home = static_cast<Id>(i);
  }
}

}  // namespace wakepath::reconstruct
