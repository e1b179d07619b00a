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

std::vector<std::string> Troubles::lines() const {
  std::vector<std::pair<std::uint64_t, std::string>> found;
  const auto say = [&found](const Trouble& trouble, std::string_view what) {
    if (trouble.count == 0) {
      return;
    }
    std::string text =
        fmt::format("line {}: {} (\"{}\")", trouble.first_line, what, trouble.excerpt);
    if (trouble.count > 1) {
      text += fmt::format(", and {} more", trouble.count - 1);
    }
    found.emplace_back(trouble.first_line, std::move(text));
  };
  say(line_, "no event can be read");
  say(long_, fmt::format("longer than {} bytes", kLongestLine));
  say(cpu_, fmt::format("a CPU beyond the {} that there can be", WP_MAX_CPUS));
  say(time_, "time steps back; left out until it passes what its CPU had");
  say(far_, "its time is far from the lines around; left out");
  say(raw_, "printed with ftrace's option raw: nothing can be read");
  say(end_, "the file ends inside it");
  for (std::size_t kind = 0; kind < events_.size(); ++kind) {
    const char* const name = event_name(static_cast<wp_event_kind>(kind));
    say(events_.at(kind), fmt::format("{} as no known kernel writes it", name));
  }
  std::ranges::stable_sort(found, {}, &std::pair<std::uint64_t, std::string>::first);
  std::vector<std::string> lines;
  lines.reserve(found.size());
  for (auto& [line, text] : found) {
    lines.push_back(std::move(text));
  }
  return lines;
}

}  // namespace wakepath::foreign::text
