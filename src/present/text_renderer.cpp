// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/text_renderer.hpp"

#include "present/advise_output.hpp"
#include "present/annotate.hpp"
#include "present/audit_output.hpp"
#include "present/bars.hpp"
#include "present/check_output.hpp"
#include "present/compare_output.hpp"
#include "present/explain_output.hpp"
#include "present/info_text.hpp"
#include "present/interval_text.hpp"
#include "present/irq_moves.hpp"
#include "present/irq_table.hpp"
#include "present/likeness.hpp"
#include "present/messages.hpp"
#include "present/outline_text.hpp"
#include "present/page_text.hpp"
#include "present/view.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

// The columns at which these texts say something.
constexpr std::size_t kStepText = 57;
constexpr std::size_t kInfoText = 14;

}  // namespace

// Lines that are wider than a terminal go on at `indent`.
void TextRenderer::append_fitting(const fmt::memory_buffer& text, std::size_t indent) {
  const std::string_view whole(text.data(), text.size());
  if (options_.text.fit == 0) {
    out_.buffer().append(whole);
  } else {
    out_.buffer().append(std::string_view(wrapped(whole, options_.text.fit, indent)));
  }
}

Result<void> TextRenderer::header(const Header& header) {
  run_.header = header;
  if (options_.text.page) {
    append_page_header(header, options_.text, out_.buffer());
  } else if (options_.one_wake || options_.worst) {
    append_captured_by(header, out_.buffer());
  } else {
    append_header(header, out_.buffer());
  }
  if (steps()) {
    out_.buffer().push_back('\n');
  }
  return out_.commit();
}

Result<void> TextRenderer::wake(const WakeChain& chain) {
  run_.see(chain);
  if (steps()) {
    fmt::memory_buffer lines;
    annotate(chain, run_, lines);
    append_fitting(lines, kStepText);
  }
  return out_.commit();
}

Result<void> TextRenderer::delivery(const Delivery& delivery) {
  if (steps()) {
    fmt::memory_buffer lines;
    annotate(delivery, run_, lines);
    append_fitting(lines, kStepText);
  }
  return out_.commit();
}

Result<void> TextRenderer::loss(const Loss& loss) {
  run_.lossy = true;
  if (steps()) {  // the tables and the summary count them
    append_loss(loss, run_, out_.buffer());
  }
  return out_.commit();
}

Result<void> TextRenderer::interval(const Interval& interval) {
  if (steps()) {
    return {};
  }
  append_interval(interval, run_, options_.text, table_, out_.buffer());
  if (!told_mark_) {
    // The summary says it once more: by then the screen has scrolled.
    const std::size_t before = out_.buffer().size();
    append_mark(table_, out_.buffer());
    told_mark_ = out_.buffer().size() != before;
  }
  auto to = fmt::appender(out_.buffer());
  if (!told_why_no_wakes_ && is_unexplained(interval)) {
    fmt::format_to(to, "  {}\n", no_wakes_so_far_text(options_.text, run_));
    told_why_no_wakes_ = true;
  }
  if (interval.cost) {
    fmt::format_to(to, "own cost so far: {}; {} left out\n", cost_text(*interval.cost),
                   count_text(interval.skipped, "event"));
  }
  return out_.commit();
}

Result<void> TextRenderer::notice(const std::string& text) {
  constexpr std::size_t kIndent = 6;
  fmt::memory_buffer line;
  fmt::format_to(fmt::appender(line), "note: {}\n", escape_terminal(text));
  append_fitting(line, kIndent);
  return out_.commit();
}

Result<void> TextRenderer::summary(const Summary& summary) {
  if (options_.one_wake) {
    append_missing(run_.header, out_.buffer());  // the wake stands first
    return out_.commit();
  }
  if (!steps()) {
    out_.buffer().push_back('\n');
  }
  run_.see(summary);
  if (options_.text.page) {
    fmt::memory_buffer page;
    append_page(summary, run_, options_.text, page);
    const std::string_view text(page.data(), page.size());
    const std::string letters = options_.text.ascii ? as_ascii(text) : std::string();
    out_.buffer().append(options_.text.ascii ? std::string_view(letters) : text);
  } else {
    append_summary(summary, run_, options_.text, out_.buffer());
  }
  return out_.commit();
}

Result<void> TextRenderer::verdict(const VerdictResult& verdict) {
  return say_verdict(verdict, messages_);
}

Result<void> TextRenderer::irqs(const interrupts::IrqReport& report) {
  fmt::memory_buffer& out = out_.buffer();
  if (options_.clears_screen) {
    constexpr std::string_view kHomeAndClear = "\x1b[H\x1b[2J";
    out.append(kHomeAndClear);
  } else if (irqs_shown_) {
    out.push_back('\n');
  }
  irqs_shown_ = true;
  irq_table(report, options_.all ? IrqDetail::all : IrqDetail::fitting, options_.text.width, out);
  return out_.commit();
}

Result<void> TextRenderer::irq_moves_written(const IrqMoves& moves) {
  undo_text(moves.outcomes, moves.root, out_.buffer());
  return out_.commit();
}

Result<void> TextRenderer::irq_moves(const IrqMoves& moves) {
  move_table(moves.outcomes, moves.dry_run, out_.buffer());
  if (moves.dry_run) {
    plan_text(moves.outcomes, moves.root, out_.buffer());
  }
  return out_.commit();
}

Result<void> TextRenderer::audit(const audit::AuditReport& report) {
  constexpr std::size_t kScreen = 20;  // findings, of two lines each
  audit_text(report, options_.all ? 0 : kScreen, options_.text.width, out_.buffer());
  return out_.commit();
}

Result<void> TextRenderer::doctor(const std::vector<findings::Check>& checks) {
  check_text(checks, options_.text.width, out_.buffer());
  return out_.commit();
}

Result<void> TextRenderer::info(const RecordingInfo& info) {
  fmt::memory_buffer text;
  info_text(info, text);
  append_fitting(text, kInfoText);
  return out_.commit();
}

Result<void> TextRenderer::explanation(const findings::Explanation& explanation) {
  explain_text(explanation, options_.text, out_.buffer());
  return out_.commit();
}

Result<void> TextRenderer::comparison(const analysis::Comparison& comparison) {
  compare_text(comparison, options_.text, out_.buffer());
  return out_.commit();
}

Result<void> TextRenderer::advice(const analysis::AdviceReport& report) {
  advise_text(report, options_.text, out_.buffer());
  return out_.commit();
}

Result<void> TextRenderer::outline(const OutlineWake& wake, std::uint64_t number) {
  outline_text(wake, number, out_.buffer());
  return out_.commit();
}

}  // namespace wakepath::present
