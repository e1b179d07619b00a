// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/explain_output.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "present/bars.hpp"
#include "present/finding_ndjson.hpp"
#include "present/finding_text.hpp"
#include "present/ndjson_parts.hpp"
#include "present/print.hpp"
#include "present/view.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"
#include "util/shell_word.hpp"

namespace wakepath::present {

namespace {

using findings::Cause;
using findings::Explanation;

constexpr double kLeastPart = 0.01;  // of the wake: less is no cause that matters

double part_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// Each stage where it lies in the wake.
void append_timeline(const WakeChain& wake, const TextOptions& options, fmt::memory_buffer& out) {
  constexpr std::size_t kLead = 24;
  const std::size_t columns = options.width - kLead - 1;
  print(out, "\n");
  for (const Stage& stage : wake.stages) {
    const double at = part_of(stage.begin_ns - wake.begin_ns, wake.total_ns());
    const auto before =
        std::min(static_cast<std::size_t>(at * static_cast<double>(columns)), columns - 1);
    print(out, "{:<14} {:>7}  {:{}}{}\n", name_of(stage.kind),
          format_duration(stage.end_ns - stage.begin_ns), "", before,
          bar(stage.end_ns - stage.begin_ns, wake.total_ns(), columns - before));
  }
}

void append_cause(const Cause& cause, std::size_t number, const WakeChain& wake,
                  const TextOptions& options, fmt::memory_buffer& out) {
  constexpr std::size_t kIndent = 15;
  const std::string line =
      fmt::format("{:>2} {:>7} {:>3.0f}% {}\n", number, format_duration(cause.ns),
                  part_of(cause.ns, wake.total_ns()) * 100, escape_terminal(cause.finding.text));
  print(out, "{}", wrapped(line, options.width, kIndent));
  print(out, "{:{}}rule {}, confidence {}\n", "", kIndent, cause.rule->name,
        name_of(cause.rule->confidence));
  fmt::memory_buffer rest;
  append_fixes(cause.finding.fixes, kIndent, rest);
  if (!cause.rule->settles.empty()) {
    print(rest, "{:{}}to be sure: {}\n", "", kIndent, cause.rule->settles);
  }
  print(out, "{}", wrapped({rest.data(), rest.size()}, options.width));
}

// While wakes come: what it is, and its three largest causes.
void explain_shortly(const Explanation& of, const TextOptions& options, fmt::memory_buffer& to) {
  constexpr std::size_t kMostCauses = 3;
  constexpr double kLeastShown = 0.05;
  const WakeChain& wake = of.wake;
  fmt::memory_buffer out;
  std::string usual;
  if (of.usual.p50_ns) {
    usual = fmt::format(", usual so far {}", format_duration(*of.usual.p50_ns));
    usual += of.usual.p99_ns ? ", p99 " + format_duration(*of.usual.p99_ns) : "";
  }
  print(out, "{} wake #{} of {}{}: {}{}{}\n", painted("SLOW", Paint::yellow, options.color),
        wake.id, who_text(wake.who), wake.realtime_ns ? " at " + iso_time(*wake.realtime_ns) : "",
        format_duration(wake.total_ns()), usual,
        *of.of_unusual > 1 ? fmt::format("; {} such within 1s", *of.of_unusual) : "");
  std::size_t number = 0;
  for (const Cause& cause : of.diagnosis.causes) {
    if (number == kMostCauses || part_of(cause.ns, wake.total_ns()) < kLeastShown) {
      break;
    }
    append_cause(cause, ++number, wake, options, out);
  }
  for (const std::string& remark : of.diagnosis.remarks) {
    print(out, "   {}\n", remark);
  }
  to.append(wrapped({out.data(), out.size()}, options.width, 3));
}

}  // namespace

std::string rank_text(const Explanation& of) {
  if (!of.rank) {
    return "";
  }
  constexpr std::string_view kEndings[] = {"", "", "2nd ", "3rd "};
  const std::uint64_t rank = *of.rank;
  return fmt::format(", the {}slowest of {}",
                     rank < 4 ? std::string(kEndings[rank]) : fmt::format("{}th ", rank),
                     of.of_wakes);
}

std::string usual_text(const Explanation& of) {
  const std::uint64_t waited =
      of.wake.total_ns() - std::min(of.diagnosis.own_ns, of.wake.total_ns());
  const std::string usual =
      of.usual.p50_ns
          ? fmt::format("Usual here: {}{} ({}). ", format_duration(*of.usual.p50_ns),
                        of.usual.p99_ns ? ", p99 " + format_duration(*of.usual.p99_ns) : "",
                        count_text(of.usual.wakes, "wake"))
          : std::string("What is usual here is not known: too few wakes. ");
  return fmt::format("{}Its own code took {}; {} ({:.0f}%) was waiting.", usual,
                     format_duration(of.diagnosis.own_ns), format_duration(waited),
                     part_of(waited, of.wake.total_ns()) * 100);
}

ShownCauses shown_causes(const Explanation& of) {
  ShownCauses shown;
  for (const Cause& cause : of.diagnosis.causes) {
    if (!shown.causes.empty() && part_of(cause.ns, of.wake.total_ns()) < kLeastPart) {
      shown.rest_ns += cause.ns;
    } else {
      shown.causes.push_back(&cause);
    }
  }
  return shown;
}

void explain_text(const Explanation& of, const TextOptions& options, fmt::memory_buffer& to) {
  if (of.of_unusual) {
    explain_shortly(of, options, to);
    return;
  }
  const WakeChain& wake = of.wake;
  fmt::memory_buffer out;
  const std::string flags = flags_text(wake.flags);
  print(out, "Wake #{} of {}: {}{}{}\n", wake.id, who_text(wake.who),
        format_duration(wake.total_ns()), rank_text(of), flags.empty() ? "" : "  [" + flags + "]");
  print(out, "{}{}\n", wake.realtime_ns ? iso_time(*wake.realtime_ns) + "  " : std::string(),
        escape_terminal(wake.path));
  print(out, "{}\n", usual_text(of));
  append_timeline(wake, options, out);
  print(out, "\n{}\n", painted("WHY", Paint::bold, options.color));
  const ShownCauses shown = shown_causes(of);
  for (std::size_t i = 0; i < shown.causes.size(); ++i) {
    append_cause(*shown.causes[i], i + 1, wake, options, out);
  }
  const std::uint64_t rest = shown.rest_ns;
  if (rest != 0) {
    print(out, "   {:>7} {:>3.0f}% what took less\n", format_duration(rest),
          part_of(rest, wake.total_ns()) * 100);
  }
  print(out, "\n");
  for (const std::string& remark : of.diagnosis.remarks) {
    print(out, "{}\n", remark);
  }
  print(out, "Not it: {}\n", fmt::join(of.diagnosis.not_it, ", "));
  to.append(wrapped({out.data(), out.size()}, options.width));
  // Commands are to be copied: their lines stay whole.
  if (!options.input.empty()) {
    const std::string file = file_word(options.input);
    print(to, "Each step: wakepath replay {} --wake {}\n", file, wake.id);
    print(to, "What else runs there: wakepath audit {}\n", file);
  }
}

void explain_ndjson(const Explanation& of, fmt::memory_buffer& out) {
  // While wakes come it has its line already.
  if (!of.of_unusual) {
    wake_ndjson(of.wake, out);
  }
  ndjson_line(out, "explanation", [&](JsonWriter& json) {
    json.field("wake", of.wake.id);
    json.field("total_ns", of.wake.total_ns());
    json.field("own_ns", of.diagnosis.own_ns);
    json.field("usual_p50_ns", of.usual.p50_ns);
    json.field("usual_p99_ns", of.usual.p99_ns);
    json.field("usual_wakes", of.usual.wakes);
    json.field("rank", of.rank);
    json.field("of_wakes", of.of_unusual ? std::nullopt : std::optional(of.of_wakes));
    if (of.of_unusual) {
      json.field("of_unusual", of.of_unusual);
    }
    const auto list = [&json](std::string_view name, const auto& texts) {
      json.key(name);
      json.begin_array();
      for (const auto& text : texts) {
        json.value(std::string_view(text));
      }
      json.end_array();
    };
    list("not_it", of.diagnosis.not_it);
    list("remarks", of.diagnosis.remarks);
  });
  for (const Cause& cause : of.diagnosis.causes) {
    finding_json(cause.finding, out);
  }
}

}  // namespace wakepath::present
