// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/blame_list.hpp"

namespace wakepath::reconstruct {

std::size_t BlameList::hash(const Holder& holder) const { return hash_of(holder, hash_); }

std::size_t BlameList::hash(const Blame& blame) const {
  return hash_(hash_(blame.what), blame.tid.value_or(0), static_cast<std::uint64_t>(blame.kind));
}

std::size_t BlameList::place_of(const Blame& blame) {
  return lines_.find(
      out_,
      [&blame](const Blame& one) {
        return one.kind == blame.kind && one.what == blame.what && one.tid == blame.tid &&
               one.interrupt == blame.interrupt;
      },
      [this](const Blame& one) { return hash(one); }, [&] { return hash(blame); });
}

Blame& BlameList::line_of(const Blame& blame) {
  const std::size_t line = place_of(blame);
  if (line == out_.size()) {
    out_.push_back(blame);
  } else if (!out_[line].prio) {
    out_[line].prio = blame.prio;
  }
  return out_[line];
}

Blame& BlameList::line_of(Named& named) {
  if (!named.line) {
    const bool is_one_more = named.blame.kind != BlameKind::self && out_.size() >= kMostLines &&
                             place_of(named.blame) == out_.size();
    const Blame& line =
        line_of(is_one_more ? Blame{BlameKind::unexplained, "others", 0, {}, {}} : named.blame);
    named.line = static_cast<std::size_t>(&line - out_.data());
  }
  return out_[*named.line];
}

void BlameList::add(const Blame& blame, std::uint64_t ns) {
  if (ns != 0) {
    line_of(blame).ns += ns;
  }
}

void BlameList::add(Named& named, std::uint64_t ns) {
  if (ns != 0) {
    line_of(named).ns += ns;
  }
}

void BlameList::add_asleep(const Blame& blame, std::uint64_t ns) {
  add(blame, ns);
  if (ns != 0) {
    line_of(blame).asleep_ns += ns;
  }
}

void BlameList::add_asleep(Named& named, std::uint64_t ns) {
  add(named, ns);
  if (ns != 0) {
    line_of(named).asleep_ns += ns;
  }
}

}  // namespace wakepath::reconstruct
