// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/bars.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "present/view.hpp"

namespace wakepath::present {

namespace {

constexpr std::array<std::string_view, 9> kAcross{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
constexpr std::array<std::string_view, 9> kUp{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

// `value` of `most` in eighths of `size`; 1 at least, where there is anything.
std::size_t eighths(std::uint64_t value, std::uint64_t most, std::size_t size) {
  if (value == 0 || most == 0) {
    return 0;
  }
  const double part = static_cast<double>(std::min(value, most)) / static_cast<double>(most);
  const auto exact = static_cast<std::size_t>(std::llround(part * static_cast<double>(8 * size)));
  return std::clamp<std::size_t>(exact, 1, 8 * size);
}

std::size_t leading_blanks(std::string_view line) {
  const std::size_t at = line.find_first_not_of(' ');
  return at == std::string_view::npos ? 0 : at;
}

// Without the codes of colours.
std::size_t visible_columns(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const std::size_t code = std::min(text.find('\x1b'), text.size());
    columns += columns_of(text.substr(0, code));
    text.remove_prefix(code);
    const std::size_t end = text.find('m');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return columns;
}

// The bytes of `text` that take at most `columns`.
std::size_t bytes_within(std::string_view text, std::size_t columns) {
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    std::size_t next = bytes + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xc0U) == 0x80U) {
      ++next;
    }
    if (visible_columns(text.substr(0, next)) > columns) {
      break;
    }
    bytes = next;
  }
  return bytes;
}

void wrap_line(std::string_view line, std::size_t width, std::size_t indent, std::string& out) {
  // A command is to be copied.
  const std::string_view begin = line.substr(leading_blanks(line));
  if (begin.starts_with("fix: ") || begin.starts_with("look: ")) {
    out += line;
    return;
  }
  std::size_t lead = 0;
  while (visible_columns(line) + lead > width) {
    const std::size_t fits = bytes_within(line, width - lead);
    std::size_t at = line.rfind(' ', fits);
    const bool breaks = at != std::string_view::npos && at > leading_blanks(line);
    // A word that is wider than a line, such as a command's path, stays whole.
    at = breaks ? at : line.find(' ', std::max(fits, leading_blanks(line)));
    if (at == std::string_view::npos) {
      break;
    }
    out.append(lead, ' ');
    std::string_view part = line.substr(0, at);
    while (part.ends_with(' ')) {
      part.remove_suffix(1);
    }
    out += part;
    out += '\n';
    line.remove_prefix(at);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    lead = indent;
  }
  out.append(lead, ' ');
  out += line;
}

}  // namespace

std::string bar(std::uint64_t value, std::uint64_t most, std::size_t columns) {
  const std::size_t size = eighths(value, most, columns);
  std::string text;
  for (std::size_t i = 0; i < size / 8; ++i) {
    text += kAcross[8];
  }
  return text + std::string(kAcross[size % 8]);
}

std::vector<std::string> upright(const std::vector<std::uint64_t>& values, std::size_t rows) {
  const std::uint64_t most = values.empty() ? 0 : *std::ranges::max_element(values);
  std::vector<std::string> lines(rows);
  for (const std::uint64_t value : values) {
    const std::size_t size = eighths(value, most, rows);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t below = 8 * (rows - 1 - row);
      lines[row] += kUp[std::clamp<std::size_t>(size, below, below + 8) - below];
    }
  }
  return lines;
}

std::string painted(std::string_view text, Paint paint, bool color) {
  if (!color || paint == Paint::plain) {
    return std::string(text);
  }
  const std::string_view code = paint == Paint::bold     ? "1"
                                : paint == Paint::red    ? "1;31"
                                : paint == Paint::yellow ? "1;33"
                                                         : "1;32";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::string wrapped(std::string_view text, std::size_t width, std::optional<std::size_t> indent) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::string_view words = line.substr(leading_blanks(line));
    if (words.starts_with("fix: ") || words.starts_with("look: ")) {
      out += line;  // a command is to be copied
    } else {
      wrap_line(line, width, std::min(indent.value_or(leading_blanks(line) + 2), width / 2), out);
    }
    out += end < text.size() ? "\n" : "";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string shorten_middle(std::string_view text, std::size_t limit) {
  if (columns_of(text) <= limit || limit < 3) {
    return std::string(text);
  }
  const std::size_t head = bytes_within(text, (limit - 1) / 2);
  const std::size_t room = limit - 1 - columns_of(text.substr(0, head));
  std::size_t tail = head;
  for (std::size_t columns = columns_of(text.substr(head)); columns > room;) {
    const std::size_t glyph = tail;
    do {
      ++tail;
    } while (tail < text.size() && (static_cast<unsigned char>(text[tail]) & 0xc0U) == 0x80U);
    columns -= columns_of(text.substr(glyph, tail - glyph));
  }
  return std::string(text.substr(0, head)) + "…" + std::string(text.substr(tail));
}

}  // namespace wakepath::present
