// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/closest.hpp"

#include <algorithm>

namespace wakepath {

// The three rows of the table of distances that swaps of neighbours need ("optimal string
// alignment").
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

std::optional<std::string> closest(std::string_view given, std::span<const std::string> known) {
  constexpr std::size_t kLongest = 64;  // beyond that it is no slip of the finger
  if (given.empty() || given.size() > kLongest) {
    return std::nullopt;
  }
  // One slip in a short word, one for each three letters of a longer one.
  std::size_t nearest = std::max<std::size_t>(1, given.size() / 3) + 1;
  std::optional<std::string> found;
  for (const std::string& word : known) {
    if (word.size() > 2 * kLongest) {
      continue;
    }
    if (const std::size_t distance = edit_distance(given, word);
        distance < nearest && distance < word.size()) {
      nearest = distance;
      found = word;
    }
  }
  return found;
}

std::string did_you_mean(std::string_view given, std::span<const std::string> known) {
  const auto word = closest(given, known);
  return word ? "; did you mean '" + *word + "'?" : std::string{};
}

}  // namespace wakepath
