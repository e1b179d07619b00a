// SPDX-License-Identifier: GPL-2.0-or-later
// The answer: the verdict, and what is wrong.
#include <algorithm>
#include <string>
#include <string_view>

#include "present/headline_text.hpp"
#include "present/page_text.hpp"
#include "present/what_if_text.hpp"
#include "report/sections.hpp"

namespace wakepath::report {

namespace {

present::TextOptions as_on_the_page(const Collected& all) {
  present::TextOptions options;
  options.page = true;
  options.filtered = all.filtered;
  return options;
}

std::string_view style_of(std::string_view line) {
  return line.starts_with("PASS")   ? "verdict passed"
         : line.starts_with("FAIL") ? "verdict failed"
                                    : "verdict open";
}

template <typename Each>
void for_lines(std::string_view text, Each each) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    each(line);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

}  // namespace

void write_answer(const Collected& all, Html& html) {
  const present::TextOptions options = as_on_the_page(all);
  html.open("section").attr("id", "answer").attr("aria-label", "The answer");
  fmt::memory_buffer verdicts;
  present::append_judged(all.summary, options, verdicts);
  for_lines({verdicts.data(), verdicts.size()}, [&html](std::string_view line) {
    html.open("p").attr("class", style_of(line));
    const std::size_t word = line.find("  ");
    html.element("strong", line.substr(0, word));
    html.text(word == std::string_view::npos ? "" : line.substr(word + 1)).close();
  });
  fmt::memory_buffer headline;
  present::append_headline(all.summary, all.run, options, headline);
  html.open("div").attr("class", "headline");
  for_lines({headline.data(), headline.size()},
            [&html](std::string_view line) { html.sentence(line); });
  html.close();
  fmt::memory_buffer header;
  present::TextOptions wide = options;
  wide.width = 10'000;
  present::append_page_header(all.run.header, wide, header);
  html.open("p").attr("class", "quiet");
  for_lines({header.data(), header.size()}, [&html](std::string_view line) { html.text(line); });
  end_section(html.close());
}

void write_findings(const Collected& all, Html& html, Commands& commands) {
  begin_section(html, "findings", "What is wrong");
  const std::vector<Finding> found = present::page_findings(all.summary, all.run);
  if (found.empty()) {
    html.element("p", "Nothing that the wakes show.");
  } else {
    html.open("ol").attr("class", "findings");
    std::size_t shown = 0;
    for (const Finding& finding : found) {
      if (++shown > kMostRows) {
        break;
      }
      write_finding(html, finding, commands);
    }
    html.close();
    left_out(html, found.size() - std::min(found.size(), kMostRows), "more finding");
  }
  end_section(html);
}

}  // namespace wakepath::report
