// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/renderer.hpp"

#include <array>

#include "present/case_renderer.hpp"
#include "present/ndjson_renderer.hpp"
#include "present/text_renderer.hpp"

namespace wakepath::present {

std::span<const FormatName> formats() {
  static constexpr std::array kFormats{
      FormatName{Format::table, "table", "for people"},
      FormatName{Format::table, "text", ""},
      FormatName{Format::ndjson, "ndjson", "one JSON object a line"},
      FormatName{Format::json, "json", "what was judged, as one JSON object", true},
      FormatName{Format::junit, "junit", "the same as JUnit's XML", true},
      FormatName{Format::github, "github", "as GitHub's workflow commands", true},
      FormatName{Format::markdown, "markdown", "as a table in Markdown", true},
  };
  return kFormats;
}

// No default: a format without a renderer does not compile.
std::unique_ptr<Renderer> make_renderer(Format format, const RenderOptions& options, Output& out,
                                        Output& messages) {
  switch (format) {
    case Format::table:
      return std::make_unique<TextRenderer>(options, out, messages);
    case Format::ndjson:
      return std::make_unique<NdjsonRenderer>(options.source, options.text.heat_map, out, messages);
    case Format::json:
      return std::make_unique<CaseRenderer>(json_cases, out, messages);
    case Format::junit:
      return std::make_unique<CaseRenderer>(junit_cases, out, messages);
    case Format::github:
      return std::make_unique<CaseRenderer>(github_cases, out, messages);
    case Format::markdown:
      return std::make_unique<CaseRenderer>(markdown_cases, out, messages);
  }
  return nullptr;
}

}  // namespace wakepath::present
