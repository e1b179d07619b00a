// SPDX-License-Identifier: GPL-2.0-or-later
// Who had the CPU in one stage, a line each, in the order in which they first took time. One object
// for all stages: there are many, and most have few lines.
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

  // One holder, which may come a thousand times.
  struct Known {
    Holder holder;
    std::optional<std::size_t> line;  // in the list, once it took time
  };

  // The lines of the stage that comes next go there; it must stay there while lines are added.
  void begin(std::vector<Blame>& out);

  void add(Blame&& blame, std::uint64_t ns);
  // `name()` makes its blame, the first time that it took any.
  template <typename Name>
  void add(Known& known, std::uint64_t ns, Name name) {
    if (ns != 0) {
      line_of(known, name).ns += ns;
    }
  }
  // While the thread that is waited for slept.
  void add_asleep(Blame&& blame, std::uint64_t ns);
  template <typename Name>
  void add_asleep(Known& known, std::uint64_t ns, Name name) {
    if (ns != 0) {
      Blame& line = line_of(known, name);
      line.ns += ns;
      line.asleep_ns += ns;
    }
  }

  // Stands until the next call.
  Known& known(const Holder& holder) {
    // Holders take turns, so it is most often the one that came after the last before.
    last_ = last_ + 1 < known_.size() ? last_ + 1 : 0;
    if (last_ < known_.size() && known_[last_].holder == holder) {
      return known_[last_];
    }
    const std::size_t at = places_.find(
        known_, [&holder](const Known& one) { return one.holder == holder; },
        [this](const Known& one) { return hash(one.holder); }, [&] { return hash(holder); });
    if (at == known_.size()) {
      known_.push_back({holder, std::nullopt});
    }
    last_ = at;
    return known_[at];
  }

 private:
  [[nodiscard]] std::size_t hash(const Holder& holder) const;
  [[nodiscard]] std::size_t hash(const Blame& blame) const;
  // The list's size: it has none.
  std::size_t place_of(const Blame& blame);
  // The line of `blame`, which is added where there is none.
  std::size_t line_of(Blame&& blame);
  // Or that of others, where there are too many.
  std::size_t line_among_most(Blame&& blame);
  template <typename Name>
  Blame& line_of(Known& known, Name name) {
    if (!known.line) {
      known.line = line_among_most(name());
    }
    return (*out_)[*known.line];
  }

  std::vector<Blame>* out_{nullptr};
  std::vector<Known> known_;
  std::size_t last_{0};  // that was asked for
  ListIndex lines_, places_;
  SeededHash hash_;
};

}  // namespace wakepath::reconstruct
