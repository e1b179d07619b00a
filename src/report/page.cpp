// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/page.hpp"

#include <array>
#include <string>
#include <utility>

#include "report/assets.hpp"
#include "report/html.hpp"
#include "report/sections.hpp"

namespace wakepath::report {

namespace {

void write_head(const Collected& all, Html& html) {
  html.open("head");
  html.leaf("meta").attr("charset", "utf-8");
  html.leaf("meta").attr("http-equiv", "Content-Security-Policy");
  html.attr("content",
            fmt::format("default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; "
                        "form-action 'none'",
                        page_style_hash(), page_script_hash()));
  html.leaf("meta").attr("name", "viewport").attr("content", "width=device-width, initial-scale=1");
  html.leaf("meta").attr("name", "color-scheme").attr("content", "light dark");
  html.leaf("meta").attr("name", "referrer").attr("content", "no-referrer");
  html.leaf("meta").attr("name", "generator").attr("content", "wakepath " WAKEPATH_VERSION);
  html.element("title", "Wake latency: " + all.file);
  html.open("style").raw(page_style()).close();
  html.close();
}

void write_contents(const Collected& all, Html& html) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kContents{
      {{"findings", "Findings"},
       {"who", "Who waits"},
       {"where", "Where the time goes"},
       {"when", "When"},
       {"spread", "Spread"},
       {"paths", "Paths"},
       {"worst", "Worst wakes"},
       {"interrupts", "Interrupts"},
       {"audit", "Audit"},
       {"recording", "Recording"}}};
  html.open("nav").attr("aria-label", "Contents").open("ul");
  if (all.comparison) {
    html.open("li").open("a").attr("href", "#comparison").text("What changed").close().close();
  }
  for (const auto& [id, title] : kContents) {
    html.open("li").open("a").attr("href", fmt::format("#{}", id)).text(title).close().close();
  }
  html.close().close();
}

}  // namespace

void write_page(const Collected& all, fmt::memory_buffer& out) {
  Html html(out);
  Commands commands;
  html.raw("<!DOCTYPE html>\n");
  html.open("html").attr("lang", "en");
  write_head(all, html);
  html.open("body");
  html.open("a").attr("class", "skip").attr("href", "#main").text("Skip to the answer").close();
  html.open("header").open("h1").text("Wake latency: ").name(all.file, 80).close();
  write_contents(all, html);
  html.close();
  html.open("main").attr("id", "main");
  write_answer(all, html);
  write_comparison(all, html);
  write_findings(all, html, commands);
  write_who_waits(all, html);
  write_where(all, html);
  write_course(all, html);
  write_heat_map(all, html);
  write_histogram(all, html);
  write_paths(all, html);
  write_worst(all, html, commands);
  write_interrupts(all, html);
  write_audit(all, html, commands);
  write_losses(all, html);
  write_recording(all, html);
  html.close();
  html.open("output").attr("id", "said").attr("class", "said").close();
  html.open("script").raw(page_script()).close();
  html.close().close().raw("\n");
}

}  // namespace wakepath::report
