// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/blame_list.hpp"

#include <utility>

namespace wakepath::reconstruct {

void BlameList::begin(std::vector<Blame>& out) {
  out_ = &out;
  known_.clear();
  last_ = 0;
  lines_.clear();
  places_.clear();
}

std::size_t BlameList::hash(const Holder& holder) const { return hash_of(holder, hash_); }

std::size_t BlameList::hash(const Blame& blame) const {
  return hash_(hash_(blame.what), blame.tid.value_or(0), static_cast<std::uint64_t>(blame.kind));
}

std::size_t BlameList::place_of(const Blame& blame) {
  return lines_.find(
      *out_,
      [&blame](const Blame& one) {
        return one.kind == blame.kind && one.what == blame.what && one.tid == blame.tid &&
               one.interrupt == blame.interrupt;
      },
      [this](const Blame& one) { return hash(one); }, [&] { return hash(blame); });
}

std::size_t BlameList::line_of(Blame&& blame) {
  const std::size_t line = place_of(blame);
  if (line == out_->size()) {
    constexpr std::size_t kMostOften = 4;  // most stages have no more lines
    if (out_->empty()) {
      out_->reserve(kMostOften);
    }
    out_->push_back(std::move(blame));
  } else if (!(*out_)[line].prio) {
    (*out_)[line].prio = blame.prio;
  }
  return line;
}

std::size_t BlameList::line_among_most(Blame&& blame) {
  const bool is_one_more = blame.kind != BlameKind::self && out_->size() >= kMostLines &&
                           place_of(blame) == out_->size();
  return line_of(is_one_more ? Blame{BlameKind::unexplained, "others", 0, {}, {}}
                             : std::move(blame));
}

void BlameList::add(Blame&& blame, std::uint64_t ns) {
  if (ns != 0) {
    (*out_)[line_of(std::move(blame))].ns += ns;
  }
}

void BlameList::add_asleep(Blame&& blame, std::uint64_t ns) {
  if (ns != 0) {
    Blame& line = (*out_)[line_of(std::move(blame))];
    line.ns += ns;
    line.asleep_ns += ns;
  }
}

}  // namespace wakepath::reconstruct
