// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/text/troubles.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "util/escape.hpp"
#include "wakepath/event.hpp"

namespace wakepath::foreign::text {

namespace {

constexpr std::size_t kExcerptBytes = 72;

std::string excerpt_of(std::string_view text) {
  const bool whole = text.size() <= kExcerptBytes;
  return escape_terminal(text.substr(0, kExcerptBytes)) + (whole ? "" : "...");
}

}  // namespace

void Troubles::note(Trouble& trouble, const Line& line) {
  if (trouble.count++ == 0) {
    trouble.first_line = line.number;
    trouble.excerpt = excerpt_of(line.text);
  }
}

struct Troubles::Found {
  std::uint64_t line{};
  std::string text;
};

void Troubles::say(std::vector<Found>& found, const Trouble& trouble, std::string_view what) {
  if (trouble.count == 0) {
    return;
  }
  std::string text = fmt::format("line {}: {} (\"{}\")", trouble.first_line, what, trouble.excerpt);
  if (trouble.count > 1) {
    text += fmt::format(", and {} more", trouble.count - 1);
  }
  found.push_back({trouble.first_line, std::move(text)});
}

std::vector<std::string> Troubles::sorted(std::vector<Found> found) {
  std::ranges::stable_sort(found, {}, &Found::line);
  std::vector<std::string> lines;
  lines.reserve(found.size());
  for (Found& one : found) {
    lines.push_back(std::move(one.text));
  }
  return lines;
}

std::vector<std::string> Troubles::lines() const {
  std::vector<Found> found;
  say(found, line_, "no event can be read");
  say(found, long_, fmt::format("longer than {} bytes", kLongestLine));
  say(found, cpu_, fmt::format("a CPU beyond the {} that there can be", WP_MAX_CPUS));
  say(found, time_, "time steps back; left out until it passes what its CPU had");
  say(found, far_, "its time is far from the lines around; left out");
  say(found, raw_, "printed with ftrace's option raw: nothing can be read");
  say(found, end_, "the file ends inside it");
  for (std::size_t kind = 0; kind < events_.size(); ++kind) {
    const char* const name = event_name(static_cast<wp_event_kind>(kind));
    say(found, events_.at(kind), fmt::format("{} as no known kernel writes it", name));
  }
  return sorted(std::move(found));
}

std::vector<std::string> Troubles::remarks() const {
  std::vector<Found> found;
  if (no_event_.count == 1) {
    found.push_back({no_event_.first_line, fmt::format("line {} is no event, left out (\"{}\")",
                                                       no_event_.first_line, no_event_.excerpt)});
  } else if (no_event_.count > 1) {
    found.push_back({no_event_.first_line,
                     fmt::format("line {} is no event, left out (\"{}\"), and {} more lines",
                                 no_event_.first_line, no_event_.excerpt, no_event_.count - 1)});
  }
  say(found, gap_, "says that lines were cut out: that place is a gap");
  return sorted(std::move(found));
}

}  // namespace wakepath::foreign::text
