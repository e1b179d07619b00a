// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/text/line_prefix.hpp"

#include <algorithm>
#include <utility>

#include "import/text/event_line.hpp"
#include "import/text/fields.hpp"

namespace wakepath::foreign::text {

namespace {

constexpr char kNumber = '\1';
constexpr char kSpaces = '\2';
constexpr std::size_t kMostSamples = 400;
constexpr std::size_t kMostShapes = 8;
constexpr std::size_t kMostNameWidth = 16;

// Spaces at its end are as many as there are: what follows them is aligned.
std::string shape_of(std::string_view text) {
  const std::size_t last = text.find_last_not_of(' ');
  const std::size_t inner = last == std::string_view::npos ? 0 : last + 1;
  std::string shape;
  for (std::size_t at = 0; at < inner;) {
    const std::size_t begin = at;
    if (is_digit(text[at])) {
      while (at < inner && is_digit(text[at])) {
        ++at;
      }
      shape += kNumber;
    } else if (text[at] == ' ') {
      while (at < inner && text[at] == ' ') {
        ++at;
      }
      shape += kSpaces;
    } else {
      ++at;
      shape += text[begin];
    }
  }
  shape.append(text.size() - inner, ' ');
  return shape;
}

std::optional<std::size_t> match(std::string_view shape, std::string_view line) {
  std::size_t at = 0;
  for (const char part : shape) {
    const std::size_t begin = at;
    if (part == kSpaces || part == kNumber) {
      while (at < line.size() && (part == kSpaces ? line[at] == ' ' : is_digit(line[at]))) {
        ++at;
      }
      if (part == kNumber && at == begin) {
        return std::nullopt;
      }
    } else if (at < line.size() && line[at] == part) {
      ++at;
    } else {
      return std::nullopt;
    }
  }
  return at;
}

// What stands before the columns of the name; nullopt: the name does not stand in its columns.
std::optional<std::string_view> before_columns(std::string_view line, const NameEnd& name) {
  const std::size_t width = name_width(name.form);
  if (name.at < width) {
    return std::nullopt;
  }
  const std::size_t begin = name.at - width;
  // Control characters are damage, or our own marks.
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' '; };
  if (std::ranges::any_of(line.substr(0, begin), is_control)) {
    return std::nullopt;
  }
  // A name has 15 bytes at most.
  const bool aligned = name.form == Form::latency || line[begin] == ' ';
  return aligned ? std::optional(line.substr(0, begin)) : std::nullopt;
}

bool reads_as_event(std::string_view line) {
  EventLine event;
  return parse_event_line(Form::ftrace, line, event) ||
         parse_event_line(Form::latency, line, event) || parse_event_line(Form::perf, line, event);
}

// Where a shape that all have may end: behind a mark that no name of a thread ends with.
std::size_t last_mark(std::string_view shape, bool beyond_names) {
  const auto behind_number = [shape](std::size_t at) {
    return at > 0 && shape[at - 1] == kNumber && (at == 1 || (at == 2 && shape[0] == kSpaces));
  };
  for (std::size_t end = shape.size(); end > 0; --end) {
    const char last = shape[end - 1];
    const bool spaces_follow = end < shape.size() && (shape[end] == kSpaces || shape[end] == ' ');
    const bool number_before = end > 1 && shape[end - 2] == kNumber;
    if ((last == '>' && shape[0] != '<') || last == '|' || (last == ']' && spaces_follow) ||
        (last == '+' && end == 1) || behind_number(end - 1) ||
        (beyond_names && last == ':' && (spaces_follow || number_before))) {
      return spaces_follow ? end + 1 : end;
    }
  }
  return 0;
}

}  // namespace

LinePrefix::LinePrefix(std::string_view first_bytes) {
  constexpr std::string_view kTracer = "# tracer: ";
  std::vector<std::string> names;
  std::vector<std::string> found;
  std::string tracer;
  bool aligned = true;
  std::size_t lines = 0;
  std::string flat;
  for (std::size_t end = first_bytes.find('\n');
       end != std::string_view::npos && names.size() < kMostSamples; end = first_bytes.find('\n')) {
    flat.assign(first_bytes.substr(0, end));
    std::ranges::replace(flat, '\t', ' ');
    first_bytes.remove_prefix(end + 1);
    ++lines;
    if (const std::size_t at = flat.find(kTracer); at != std::string::npos && tracer.empty()) {
      tracer = flat.substr(0, at);
    }
    const auto name = find_name_end(flat);
    if (!name) {
      continue;
    }
    names.push_back(flat.substr(0, name->at));
    if (const auto before = before_columns(flat, *name)) {
      found.push_back(shape_of(*before));
    } else {
      aligned = false;
    }
  }
  if (names.empty()) {
    learn(shape_of(tracer));
    return;
  }
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  if (!aligned || found.size() > kMostShapes) {
    learn_unaligned(names);
    return;
  }
  for (std::string& shape : found) {
    learn(std::move(shape));
  }
}

// The names begin right behind it: so it is what all have.
void LinePrefix::learn_unaligned(const std::vector<std::string>& names) {
  std::string common = shape_of(names.front());
  bool beyond_names = true;
  for (const std::string& name : names) {
    const std::string shape = shape_of(name);
    const auto differ = std::ranges::mismatch(common, shape);
    common.erase(differ.in1, common.end());
    beyond_names = beyond_names && name.size() > kMostNameWidth;
  }
  common.resize(last_mark(common, beyond_names));
  learn(std::move(common));
}

void LinePrefix::learn(std::string shape) {
  if (!shape.empty() && shapes_.size() < kMostShapes &&
      std::ranges::find(shapes_, shape) == shapes_.end()) {
    shapes_.push_back(std::move(shape));
  }
}

std::size_t LinePrefix::length(std::string_view line) {
  if (last_ < shapes_.size()) {
    if (const auto length = match(shapes_[last_], line)) {
      return *length;
    }
  }
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    if (const auto length = match(shapes_[i], line)) {
      last_ = i;
      return *length;
    }
  }
  if (reads_as_event(line)) {
    return 0;
  }
  const auto name = find_name_end(line);
  const auto before = name ? before_columns(line, *name) : std::nullopt;
  if (!before) {
    return 0;
  }
  learn(shape_of(*before));
  return before->size();
}

}  // namespace wakepath::foreign::text
