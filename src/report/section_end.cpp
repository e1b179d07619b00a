// SPDX-License-Identifier: GPL-2.0-or-later
// Interrupts, the audit, what was lost, and how and where it was recorded.
#include <algorithm>
#include <string>

#include "present/audit_output.hpp"
#include "present/interrupt_text.hpp"
#include "present/page_cells.hpp"
#include "present/summary_text.hpp"
#include "present/view.hpp"
#include "report/sections.hpp"
#include "util/duration.hpp"

namespace wakepath::report {

namespace {

void write_lines(const fmt::memory_buffer& text, Html& html) {
  if (text.size() != 0) {
    html.open("pre").attr("tabindex", 0).lines({text.data(), text.size()}).close();
  }
}

}  // namespace

void write_interrupts(const Collected& all, Html& html) {
  const std::vector<InterruptLoad>& loads = all.summary.interrupts;
  begin_section(html, "interrupts", "Interrupts");
  if (loads.empty()) {
    html.element("p", "None caused or delayed a wake, as far as was seen.");
    return end_section(html);
  }
  begin_table(html, {"interrupt-table", "What interrupts did to wakes", true},
              {{"Interrupt"},
               {"Caused", true},
               {"Delayed", true},
               {"Took", true},
               {"Runs on"},
               {"Wakes of"}});
  const std::size_t shown = std::min(loads.size(), kMostRows);
  for (std::size_t i = 0; i < shown; ++i) {
    const InterruptLoad& load = loads[i];
    html.open("tr");
    row_name(html, present::interrupt_text(*load.interrupt));
    count_cell(html, load.wakes);
    count_cell(html, load.delayed);
    number_cell(html, load.delayed == 0 ? "-" : format_duration(load.stole_ns), load.stole_ns,
                "ns");
    const std::string& effective = load.interrupt->effective;
    text_cell(html, present::or_dash(effective.empty() ? load.interrupt->affinity : effective));
    text_cell(html, present::vms_cell(load));
    html.close();
  }
  end_table(html);
  left_out(html, loads.size() - shown, "more interrupt");
  end_section(html);
}

void write_audit(const Collected& all, Html& html, Commands& commands) {
  begin_section(html, "audit", "Audit: settings against what ran");
  if (!all.audit) {
    html.element("p", "Not judged: " + all.not_audited + ".");
    return end_section(html);
  }
  fmt::memory_buffer scope;
  present::audit_scope(*all.audit, scope);
  html.open("p").text({scope.data(), scope.size() - 1}).close();
  html.open("ol").attr("class", "findings");
  const std::size_t shown = std::min(all.audit->findings.size(), kMostRows);
  for (std::size_t i = 0; i < shown; ++i) {
    write_finding(html, all.audit->findings[i], commands);
  }
  html.close();
  left_out(html, all.audit->findings.size() - shown, "more finding");
  fmt::memory_buffer text;
  present::audit_summary(*all.audit, text);
  write_lines(text, html);
  end_section(html);
}

void write_losses(const Collected& all, Html& html) {
  if (all.losses.empty() && all.notices.empty()) {
    return;
  }
  begin_section(html, "losses", "What was lost, and what else is to be said");
  fmt::memory_buffer text;
  for (const Loss& loss : all.losses) {
    present::append_loss(loss, all.run, text);
  }
  write_lines(text, html);
  left_out(html, all.more_losses, "more loss");
  for (const std::string& notice : all.notices) {
    html.sentence(notice);
  }
  end_section(html);
}

void write_recording(const Collected& all, Html& html) {
  const Header& header = all.run.header;
  begin_section(html, "recording", "How and where it was recorded");
  html.open("dl").attr("class", "figures");
  const auto line = [&html](std::string_view name, std::string_view text) {
    if (!text.empty()) {
      html.open("div").element("dt", name).open("dd").name(text, 400).close().close();
    }
  };
  line("file", all.file);
  line("host", present::host_text(header));
  line("recorded by",
       header.trace ? "imported from " + header.trace->form : "wakepath " + header.wakepath);
  line("began", header.begin_ns && header.realtime_offset_ns
                    ? present::utc_text(*header.begin_ns + *header.realtime_offset_ns)
                    : std::string());
  line("lasted", format_duration(all.summary.duration_ns));
  line("command", header.command);
  line("selected", all.summary.filter);
  html.close();
  fmt::memory_buffer text;
  present::append_counts(all.summary, all.run, text);
  present::append_missing(header, text);
  write_lines(text, html);
  present::TextOptions options;
  options.filtered = all.filtered;
  fmt::memory_buffer quiet;
  present::append_quiet_vcpus(all.summary, all.run, options, quiet);
  write_lines(quiet, html);
  html.open("p").attr("class", "quiet");
  html.text("Written by wakepath " WAKEPATH_VERSION
            ". The figures are those of `wakepath replay FILE`; exact ones stand in the data- "
            "attributes of this page.");
  html.close();
  end_section(html);
}

}  // namespace wakepath::report
