// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/html.hpp"

#include "present/bars.hpp"
#include "present/view.hpp"
#include "util/escape.hpp"

namespace wakepath::report {

namespace {

void append_html(std::string_view text, fmt::memory_buffer& out) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out.append(std::string_view("&amp;"));
        break;
      case '<':
        out.append(std::string_view("&lt;"));
        break;
      case '>':
        out.append(std::string_view("&gt;"));
        break;
      case '"':
        out.append(std::string_view("&quot;"));
        break;
      case '\'':
        out.append(std::string_view("&#39;"));
        break;
      default:
        out.push_back(c);
    }
  }
}

}  // namespace

std::string escape_html(std::string_view text) {
  fmt::memory_buffer out;
  append_html(escape_terminal(text), out);
  return fmt::to_string(out);
}

void Html::end_tag() {
  if (in_tag_) {
    out_.append(std::string_view(leaf_ ? "/>" : ">"));
    in_tag_ = false;
    leaf_ = false;
  }
}

Html& Html::open(std::string_view element) {
  end_tag();
  fmt::format_to(fmt::appender(out_), "<{}", element);
  open_.push_back(element);
  in_tag_ = true;
  return *this;
}

Html& Html::leaf(std::string_view element) {
  end_tag();
  fmt::format_to(fmt::appender(out_), "<{}", element);
  in_tag_ = true;
  leaf_ = true;
  return *this;
}

Html& Html::close() {
  end_tag();
  if (!open_.empty()) {
    fmt::format_to(fmt::appender(out_), "</{}>", open_.back());
    open_.pop_back();
  }
  return *this;
}

Html& Html::attr(std::string_view name, std::string_view value) {
  fmt::format_to(fmt::appender(out_), " {}=\"", name);
  append_html(escape_terminal(value), out_);
  out_.push_back('"');
  return *this;
}

Html& Html::attr(std::string_view name, double value) {
  std::string number = fmt::format("{:.2f}", value);
  number.erase(number.find_last_not_of('0') + 1);
  if (number.ends_with('.')) {
    number.pop_back();
  }
  return number_attr(name, number == "-0" ? "0" : number);
}

Html& Html::number_attr(std::string_view name, std::string_view value) {
  fmt::format_to(fmt::appender(out_), " {}=\"{}\"", name, value);
  return *this;
}

Html& Html::text(std::string_view text) {
  end_tag();
  append_html(escape_terminal(text), out_);
  return *this;
}

Html& Html::lines(std::string_view text) {
  end_tag();
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    append_html(escape_terminal(text.substr(0, end)), out_);
    if (end < text.size()) {
      out_.push_back('\n');
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return *this;
}

Html& Html::name(std::string_view text, std::size_t columns) {
  const std::string shown = escape_terminal(text);
  if (present::columns_of(shown) <= columns) {
    return this->text(shown);
  }
  return open("span")
      .attr("class", "cut")
      .attr("title", shown)
      .text(present::shorten_middle(shown, columns))
      .close();
}

Html& Html::sentence(std::string_view text) {
  constexpr std::size_t kLong = 400;
  const std::string shown = escape_terminal(text);
  if (present::columns_of(shown) <= kLong) {
    return element("p", shown);
  }
  open("details").attr("class", "long");
  element("summary", present::shorten_middle(shown, kLong));
  return element("p", shown).close();
}

Html& Html::element(std::string_view element, std::string_view text) {
  return open(element).text(text).close();
}

Html& Html::raw(std::string_view text) {
  end_tag();
  out_.append(text);
  return *this;
}

}  // namespace wakepath::report
