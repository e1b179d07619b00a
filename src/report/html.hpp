// SPDX-License-Identifier: GPL-2.0-or-later
// The one place that writes elements, attributes and text of a page. Names come from outside: what
// is not text of this program is escaped here, for HTML and, as in all outputs, so that nothing
// hides in it: controls and marks that turn the reading direction are shown as \xNN.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace wakepath::report {

// For the inside of an element and of an attribute in quotes.
std::string escape_html(std::string_view text);

class Html {
 public:
  explicit Html(fmt::memory_buffer& out) : out_(out) {}

  // Names of elements and attributes are this program's. Every open() has its close().
  Html& open(std::string_view element);
  Html& close();
  // An element without content: "<rect .../>" with the attributes that follow.
  Html& leaf(std::string_view element);

  // Of the element that was opened last, before any content.
  Html& attr(std::string_view name, std::string_view value);
  Html& attr(std::string_view name, std::integral auto value) {
    return number_attr(name, fmt::format("{}", value));
  }
  // A coordinate, a hundredth of a pixel fine.
  Html& attr(std::string_view name, double value);
  Html& attr(std::string_view name) { return number_attr(name, ""); }

  Html& text(std::string_view text);
  // Lines of text that this program laid out: in a <pre>.
  Html& lines(std::string_view text);
  // Text that may be long, as a name of 4 kB is: cut in the middle, and whole in its title.
  Html& name(std::string_view text, std::size_t columns = kNameColumns);
  // A sentence that may hold such names. Where it is very long, all of it can be unfolded.
  Html& sentence(std::string_view text);
  // A whole element around a text.
  Html& element(std::string_view element, std::string_view text);
  // What this program wrote, as it is: a style sheet, a script.
  Html& raw(std::string_view text);

  static constexpr std::size_t kNameColumns = 48;

 private:
  Html& number_attr(std::string_view name, std::string_view value);
  void end_tag();

  fmt::memory_buffer& out_;
  std::vector<std::string_view> open_;
  bool in_tag_{false};
  bool leaf_{false};
};

}  // namespace wakepath::report
