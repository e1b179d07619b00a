// SPDX-License-Identifier: GPL-2.0-or-later
// What a reader found wrong, as lines for a person; bounded, however much is wrong.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace wakepath::dump {

class Problems {
 public:
  void add(std::string line) {
    if (lines_.size() < kMost) {
      lines_.push_back(std::move(line));
    } else {
      ++more_;
    }
  }

  // Nothing more comes.
  void finish() {
    if (more_ != 0) {
      lines_.push_back("and " + std::to_string(more_) + " more damaged places");
      more_ = 0;
    }
  }

  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  static constexpr std::size_t kMost = 20;
  std::vector<std::string> lines_;
  std::uint64_t more_{0};
};

}  // namespace wakepath::dump
