// SPDX-License-Identifier: GPL-2.0-or-later
// What a reader found wrong, as lines for a person; bounded, however much is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace wakepath::dump {

inline std::string events_not_readable(std::optional<std::uint64_t> events) {
  if (!events) {
    return "events not readable, not known how many";
  }
  return *events == 1 ? "1 event not readable" : fmt::format("{} events not readable", *events);
}

// "chunk 7", "chunks 7 to 9"
inline std::string chunks_text(std::uint64_t first, std::uint64_t end) {
  return end <= first + 1 ? fmt::format("chunk {}", first)
                          : fmt::format("chunks {} to {}", first, end - 1);
}

inline std::string is_or_are(std::uint64_t first, std::uint64_t end) {
  return end <= first + 1 ? "is" : "are";
}

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
