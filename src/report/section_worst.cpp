// SPDX-License-Identifier: GPL-2.0-or-later
// The worst wakes, each with its steps, what took its time, and what its CPUs did.
#include <algorithm>
#include <string>

#include "analysis/moment.hpp"
#include "present/annotate.hpp"
#include "present/explain_output.hpp"
#include "present/page_cells.hpp"
#include "present/view.hpp"
#include "report/sections.hpp"
#include "util/count_text.hpp"
#include "util/duration.hpp"

namespace wakepath::report {

namespace {

std::string when_text(const Collected& all, const WakeChain& chain) {
  return chain.realtime_ns ? present::iso_time(*chain.realtime_ns) + "  "
                           : all.run.offset(chain.begin_ns) + "  ";
}

findings::Explanation explain(const Collected& all, std::size_t rank) {
  findings::Explanation out;
  out.wake = all.worst[rank].chain;
  out.usual = findings::usual_of(out.wake, all.summary.latency);
  out.diagnosis = findings::diagnose(out.wake, out.usual);
  out.rank = rank + 1;
  for (const SpreadRow& row : all.summary.spread) {
    out.of_wakes += row.count;
  }
  return out;
}

void write_causes(const findings::Explanation& of, Html& html, Commands& commands) {
  const present::ShownCauses shown = present::shown_causes(of);
  html.open("ol").attr("class", "causes");
  for (const findings::Cause* const cause : shown.causes) {
    html.open("li").attr("data-rule", cause->rule->name).attr("data-ns", cause->ns);
    html.open("strong");
    html.text(fmt::format("{} {}", format_duration(cause->ns),
                          percent_text(cause->ns, of.wake.total_ns())));
    html.close().sentence(cause->finding.text);
    html.open("p").attr("class", "quiet");
    html.text(fmt::format(
        "rule {}, confidence {}{}{}", cause->rule->name, name_of(cause->rule->confidence),
        cause->rule->settles.empty() ? "" : "; to be sure: ", cause->rule->settles));
    html.close();
    write_fixes(html, cause->finding.fixes, commands);
    html.close();
  }
  html.close();
  if (shown.rest_ns != 0) {
    html.open("p").attr("class", "quiet");
    html.text(fmt::format("What took less: {}", format_duration(shown.rest_ns))).close();
  }
  for (const std::string& remark : of.diagnosis.remarks) {
    html.sentence(remark);
  }
  html.open("p").attr("class", "quiet");
  html.text(fmt::format("Not it: {}", fmt::join(of.diagnosis.not_it, ", "))).close();
}

void write_wake(const Collected& all, std::size_t rank, Html& html, Commands& commands) {
  const WorstWake& wake = all.worst[rank];
  const WakeChain& chain = wake.chain;
  const findings::Explanation of = explain(all, rank);
  const std::string id = fmt::format("wake-{}", chain.id);
  const std::string flags = present::flags_text(chain.flags);
  html.open("article").attr("id", id).attr("aria-labelledby", "h-" + id).attr("class", "wake");
  html.attr("data-begin-ns", chain.begin_ns).attr("data-end-ns", chain.end_ns);
  html.open("h3").attr("id", "h-" + id);
  html.open("a").attr("href", "#" + id).text(fmt::format("#{}", chain.id)).close();
  html.text(" ").name(present::who_text(chain.who)).text(": ");
  html.open("span").attr("data-ns", chain.total_ns()).text(format_duration(chain.total_ns()));
  html.close().text(present::rank_text(of));
  html.text(flags.empty() ? "" : "  [" + flags + "]").close();
  html.open("p").attr("class", "quiet").text(when_text(all, chain)).name(chain.path, 120).close();
  html.element("p", present::usual_text(of));
  draw_wake(wake, html);
  if (wake.lanes.known_from_ns) {
    html.open("p").attr("class", "quiet");
    html.text("What the CPUs did before is no longer known: too much happened after it.").close();
  }
  if (wake.lanes.more_cpus != 0) {
    html.open("p").attr("class", "quiet");
    html.text(fmt::format("{} that took part too have no lane here.",
                          count_text(wake.lanes.more_cpus, "more CPU")));
    html.close();
  }
  html.element("h4", "Why");
  write_causes(of, html, commands);
  html.open("details").element("summary", "Each step");
  fmt::memory_buffer steps;
  present::annotate(chain, all.run, steps);
  html.open("pre").attr("tabindex", 0).lines({steps.data(), steps.size()}).close().close();
  html.close().raw("\n");
}

// One row for each, to find it by.
void write_list(const Collected& all, Html& html) {
  begin_table(html, {"worst-table", "The slowest wakes", true},
              {{"Wake"}, {"When"}, {"Total", true}, {"Who"}, {"Worst stage"}, {"Most of it"}});
  for (const SlowWake& wake : all.summary.slowest) {
    html.open("tr").open("th").attr("scope", "row").attr("data-id", wake.id);
    html.open("a").attr("href", fmt::format("#wake-{}", wake.id));
    html.text(fmt::format("#{}", wake.id)).close().close();
    html.open("td").text(wake.realtime_ns ? analysis::time_of_day(*wake.realtime_ns)
                                          : all.run.offset(wake.begin_ns));
    html.close();
    duration_cell(html, wake.total_ns);
    text_cell(html, present::who_text(wake.who));
    text_cell(html, name_of(wake.stage));
    text_cell(html, present::culprit_cell(wake.most));
    html.close();
  }
  end_table(html);
}

void write_legend(Html& html) {
  html.open("p").attr("class", "quiet legend").text("What a CPU does: ");
  for (std::size_t i = 1; i < kLaneKinds; ++i) {
    const auto kind = static_cast<LaneKind>(i);
    html.open("span").attr("class", "key");
    html.open("svg").attr("aria-hidden", "true").attr("width", 12).attr("height", 12);
    html.leaf("rect").attr("class", fmt::format("k-{}", name_of(kind)));
    html.attr("width", 12).attr("height", 12);
    html.close().text(word_of(kind)).close();
  }
  html.text("An arrow leads from a cause to its effect.").close();
}

}  // namespace

void write_worst(const Collected& all, Html& html, Commands& commands) {
  begin_section(html, "worst", "The worst wakes");
  if (all.worst.empty()) {
    html.element("p", "No wake has a total.");
    return end_section(html);
  }
  write_list(all, html);
  write_legend(html);
  for (std::size_t i = 0; i < all.worst.size(); ++i) {
    write_wake(all, i, html, commands);
  }
  end_section(html);
}

}  // namespace wakepath::report
