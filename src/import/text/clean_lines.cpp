// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/text/clean_lines.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "import/text/event_line.hpp"

namespace wakepath::foreign::text {

namespace {

constexpr std::size_t kCleanAtOnce = std::size_t{64} * 1024;
constexpr std::string_view kNoBreak = "\xc2\xa0";
constexpr std::string_view kColour = "\x1b[";

struct Entity {
  std::string_view name;
  std::string_view text;
};
constexpr std::array kEntities{Entity{"&lt;", "<"},    Entity{"&gt;", ">"},  Entity{"&nbsp;", " "},
                               Entity{"&quot;", "\""}, Entity{"&#39;", "'"}, Entity{kNoBreak, " "},
                               Entity{"<br>", ""},     Entity{"<br/>", ""},  Entity{"<br />", ""},
                               Entity{"<pre>", ""},    Entity{"</pre>", ""}, Entity{"&amp;", "&"}};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

void replace_all(std::string& line, std::string_view from, std::string_view to) {
  for (std::size_t at = line.find(from); at != std::string::npos;
       at = line.find(from, at + to.size())) {
    line.replace(at, from.size(), to);
  }
}

// "\e[01;31m", "\e[K"
void drop_colours(std::string& line) {
  for (std::size_t at = line.find(kColour); at != std::string::npos; at = line.find(kColour, at)) {
    std::size_t end = line.find_first_not_of("0123456789;?", at + kColour.size());
    end = end == std::string::npos ? line.size() : end + 1;
    line.erase(at, end - at);
  }
}

void drop_marks(std::string& line, const Dress& dress) {
  if (dress.page) {
    for (const Entity& entity : kEntities) {
      replace_all(line, entity.name, entity.text);
    }
  }
  if (dress.colours) {
    drop_colours(line);
  }
  if (dress.dollar && line.ends_with('$')) {
    line.pop_back();
  }
}

bool holds_event(std::string_view line) { return find_name_end(line).has_value(); }

}  // namespace

bool has_events(std::string_view first_bytes) {
  std::string line;
  for (std::size_t end = first_bytes.find('\n'); end != std::string_view::npos;
       end = first_bytes.find('\n')) {
    line.assign(first_bytes.substr(0, end));
    std::ranges::replace(line, '\t', ' ');
    if (contains(line, "# tracer: ") || holds_event(line)) {
      return true;
    }
    first_bytes.remove_prefix(end + 1);
  }
  return false;
}

Dress dress_of(std::string_view first_bytes) {
  Dress dress;
  dress.page = contains(first_bytes, "&lt;") || contains(first_bytes, "&gt;") ||
               contains(first_bytes, kNoBreak) || contains(first_bytes, "<br>") ||
               contains(first_bytes, "<br/>");
  dress.colours = contains(first_bytes, "\x1b[m") || contains(first_bytes, "\x1b[0m") ||
                  contains(first_bytes, "\x1b[K");
  std::size_t events = 0;
  std::size_t dollars = 0;
  std::string line;
  std::string clean;
  for (std::string_view rest = first_bytes; events < 100;) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      break;
    }
    line.assign(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    if (contains(line, "\t")) {
      std::string spaced = line;
      std::ranges::replace(spaced, '\t', ' ');
      dress.tabs = dress.tabs || (holds_event(spaced) && !holds_event(line));
      line = std::move(spaced);
    }
    if (holds_event(line)) {
      ++events;
      dollars += static_cast<std::size_t>(line.ends_with('$'));
    }
  }
  dress.dollar = events != 0 && dollars == events;
  if (dress.page || dress.colours) {
    clean.assign(first_bytes);
    drop_marks(clean, Dress{{}, dress.page, dress.colours, false, false});
    dress.prefix = LinePrefix(clean);
  } else {
    dress.prefix = LinePrefix(first_bytes);
  }
  return dress;
}

CleanLines::CleanLines(std::unique_ptr<ByteSource> source, Dress dress)
    : lines_(std::move(source)), dress_(std::move(dress)) {}

Result<std::size_t> CleanLines::read(std::span<char> out) {
  if (given_ == ready_.size()) {
    ready_.clear();
    given_ = 0;
    Line line;
    while (ready_.size() < kCleanAtOnce && (ready_.empty() || !lines_.waits(0)) &&
           lines_.next(line)) {
      clean(line);
    }
    if (ready_.empty() && lines_.error()) {
      return tl::unexpected(*lines_.error());
    }
  }
  const std::size_t bytes = std::min(out.size(), ready_.size() - given_);
  std::copy_n(ready_.begin() + static_cast<std::ptrdiff_t>(given_), bytes, out.begin());
  given_ += bytes;
  return bytes;
}

bool CleanLines::waits(int milliseconds) const {
  return given_ == ready_.size() && lines_.waits(milliseconds);
}

void CleanLines::clean(const Line& line) {
  line_.assign(line.text);
  drop_marks(line_, dress_);
  const std::string tabbed = line_;
  std::ranges::replace(line_, '\t', ' ');
  std::string_view text = line_;
  text.remove_prefix(dress_.prefix.length(text));
  // A tab of the tool's own begins a line of a stack.
  const std::string_view with_tabs = std::string_view(tabbed).substr(line_.size() - text.size());
  if (with_tabs.starts_with('\t') && !holds_event(text)) {
    text = with_tabs;
  }
  ready_ += text;
  if (line.ended) {
    ready_ += '\n';
  }
}

}  // namespace wakepath::foreign::text
