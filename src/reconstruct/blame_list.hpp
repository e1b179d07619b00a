// SPDX-License-Identifier: GPL-2.0-or-later
// Who had the CPU in one stage, a line each, in the order in which they first did.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "reconstruct/holder_table.hpp"
#include "util/list_index.hpp"
#include "util/seeded_hash.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::reconstruct {

class BlameList {
 public:
  // Of holders that come once there are so many lines, the time is in one line: "others".
  static constexpr std::size_t kMostLines = 64;

  // Of one holder, which may come a thousand times.
  struct Named {
    Holder holder;
    Blame blame;
    std::optional<std::size_t> line{};  // in the list, once it took time
  };

  explicit BlameList(std::vector<Blame>& out) : out_(out) {}

  void add(const Blame& blame, std::uint64_t ns);
  void add(Named& named, std::uint64_t ns);
  // While the thread that is waited for slept.
  void add_asleep(const Blame& blame, std::uint64_t ns);
  void add_asleep(Named& named, std::uint64_t ns);

  // `name()` makes its blame, once. Stands until the next call.
  template <typename Name>
  Named& named(const Holder& holder, Name name) {
    // Holders take turns, so it is most often the one that came after the last before.
    last_ = last_ + 1 < named_.size() ? last_ + 1 : 0;
    if (last_ < named_.size() && named_[last_].holder == holder) {
      return named_[last_];
    }
    const std::size_t at = names_.find(
        named_, [&holder](const Named& one) { return one.holder == holder; },
        [this](const Named& one) { return hash(one.holder); }, [&] { return hash(holder); });
    if (at == named_.size()) {
      named_.push_back({holder, name(), std::nullopt});
    }
    last_ = at;
    return named_[at];
  }

 private:
  [[nodiscard]] std::size_t hash(const Holder& holder) const;
  [[nodiscard]] std::size_t hash(const Blame& blame) const;
  // The list's size: it has none.
  std::size_t place_of(const Blame& blame);
  // The line of `blame`, which is added where there is none.
  Blame& line_of(const Blame& blame);
  Blame& line_of(Named& named);

  std::vector<Blame>& out_;
  std::vector<Named> named_;
  std::size_t last_{0};  // that was named
  ListIndex lines_, names_;
  SeededHash hash_;
};

}  // namespace wakepath::reconstruct
