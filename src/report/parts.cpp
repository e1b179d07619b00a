// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/parts.hpp"

#include <type_traits>
#include <variant>

#include "findings/culprit.hpp"
#include "util/count_text.hpp"
#include "util/duration.hpp"

namespace wakepath::report {

void begin_section(Html& html, std::string_view id, std::string_view title) {
  const std::string heading = fmt::format("h-{}", id);
  html.open("section").attr("id", id).attr("aria-labelledby", heading);
  html.open("h2").attr("id", heading).text(title).close();
}

void end_section(Html& html) { html.close().raw("\n"); }

void begin_table(Html& html, const TableForm& form, const std::vector<Column>& columns) {
  html.open("div").attr("class", "scroll").attr("role", "region").attr("tabindex", 0);
  html.attr("aria-label", form.caption);
  html.open("table")
      .attr("id", form.id)
      .attr("class", form.filter ? "sortable filter" : "sortable");
  html.element("caption", form.caption);
  html.open("thead").open("tr");
  for (const Column& column : columns) {
    html.open("th").attr("scope", "col");
    if (column.number) {
      html.attr("class", "n");
    }
    html.text(column.title).close();
  }
  html.close().close().open("tbody");
}

void end_table(Html& html) { html.close().close().close(); }

void row_name(Html& html, std::string_view text) {
  html.open("th").attr("scope", "row").name(text).close();
}

void text_cell(Html& html, std::string_view text) { html.open("td").name(text).close(); }

void number_cell(Html& html, std::string_view text, std::uint64_t exact, std::string_view unit) {
  html.open("td").attr("class", "n").attr(fmt::format("data-{}", unit), exact);
  html.text(text).close();
}

void count_cell(Html& html, std::uint64_t count) {
  number_cell(html, fmt::format("{}", count), count, "count");
}

void duration_cell(Html& html, std::uint64_t ns) {
  number_cell(html, format_duration(ns), ns, "ns");
}

void left_out(Html& html, std::uint64_t count, std::string_view noun) {
  if (count != 0) {
    html.open("p").attr("class", "quiet");
    html.text(fmt::format("… and {}, which the report leaves out.", count_text(count, noun)));
    html.close();
  }
}

void Commands::write(Html& html, std::string_view command) {
  const std::string id = fmt::format("cmd-{}", ++last_);
  html.open("span").attr("class", "command");
  html.open("code").attr("id", id).text(command).close();
  html.open("button").attr("type", "button").attr("class", "copy").attr("data-copy", id);
  html.attr("aria-label", fmt::format("Copy command {}", last_)).text("Copy").close();
  html.close();
}

void write_fixes(Html& html, const std::vector<Fix>& fixes, Commands& commands) {
  for (const Fix& fix : fixes) {
    html.open("div").attr("class", "fix");
    if (!fix.command.empty()) {
      html.element("span", fix.look ? "look: " : "fix: ");
      commands.write(html, fix.command);
    }
    if (!fix.undo.empty()) {
      html.open("span").attr("class", "undo").element("span", "undo: ");
      commands.write(html, fix.undo);
      html.close();
    }
    if (!fix.note.empty()) {
      html.open("div").attr("class", "note").sentence(fix.note).close();
    }
    html.close();
  }
}

namespace {

std::string figure_text(const std::string& name, const FigureValue& value) {
  return std::visit(
      [&name](const auto& known) -> std::string {
        using Value = std::decay_t<decltype(known)>;
        if constexpr (std::is_same_v<Value, std::monostate>) {
          return "not known";
        } else if constexpr (std::is_same_v<Value, bool>) {
          return known ? "yes" : "no";
        } else if constexpr (std::is_same_v<Value, std::uint64_t>) {
          return name == "ns" || name.ends_with("_ns") ? format_duration(known)
                                                       : fmt::format("{}", known);
        } else {
          return known;
        }
      },
      value);
}

// "longest_ns" -> "longest"; of a time that is no more than one, "time".
std::string figure_name(const std::string& name) {
  if (name == "ns") {
    return "time";
  }
  std::string text = name.ends_with("_ns") ? name.substr(0, name.size() - 3) : name;
  for (char& c : text) {
    c = c == '_' ? ' ' : c;
  }
  return text;
}

}  // namespace

void write_finding(Html& html, const Finding& finding, Commands& commands) {
  const std::string_view severity = name_of(finding.severity);
  html.open("li")
      .attr("class", fmt::format("finding {}", severity))
      .attr("data-rule", finding.rule);
  html.open("div").attr("class", "head");
  html.open("strong").attr("class", "severity").text(severity).close();
  html.open("span")
      .attr("class", "rule")
      .text(fmt::format("{}, confidence {}", finding.rule, name_of(finding.confidence)));
  html.close().close().sentence(finding.text);
  std::string gain = findings::gain_text(finding.effect);
  if (finding.text.find(gain) != std::string::npos) {
    gain.clear();
  }
  if (!finding.evidence.empty() || !gain.empty()) {
    html.open("dl").attr("class", "figures");
    if (!gain.empty()) {
      html.open("div").element("dt", "without it").element("dd", gain).close();
    }
    for (const auto& [name, value] : finding.evidence) {
      html.open("div").element("dt", figure_name(name));
      html.open("dd").name(figure_text(name, value)).close().close();
    }
    html.close();
  }
  write_fixes(html, finding.fixes, commands);
  html.close();
}

void begin_drawing(Html& html, const Drawing& drawing) {
  html.open("div").attr("class", drawing.zoom ? "drawing zoom" : "drawing").attr("tabindex", 0);
  html.attr("role", "region").attr("aria-label", drawing.label);
  html.open("svg").attr("id", drawing.id).attr("role", drawing.links ? "group" : "img");
  html.attr("aria-label", drawing.label);
  html.attr("width", drawing.width).attr("height", drawing.height);
  html.attr("viewBox", fmt::format("0 0 {} {}", drawing.width, drawing.height));
}

void end_drawing(Html& html) { html.close().close().raw("\n"); }

void draw_line(Html& html, std::string_view style, double x1, double y1, double x2, double y2) {
  html.leaf("line").attr("class", style);
  html.attr("x1", x1).attr("y1", y1).attr("x2", x2).attr("y2", y2);
}

void draw_text(Html& html, std::string_view style, double x, double y, std::string_view text) {
  html.open("text").attr("class", style).attr("x", x).attr("y", y).text(text).close();
}

}  // namespace wakepath::report
