// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/renderer.hpp"

#include <array>

#include "present/ndjson_renderer.hpp"
#include "present/text_renderer.hpp"

namespace wakepath::present {

std::span<const FormatName> formats() {
  static constexpr std::array kFormats{
      FormatName{Format::table, "table", "for people"},
      FormatName{Format::ndjson, "ndjson", "one JSON object a line"},
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
      return std::make_unique<NdjsonRenderer>(options.source, out, messages);
  }
  return nullptr;
}

}  // namespace wakepath::present
