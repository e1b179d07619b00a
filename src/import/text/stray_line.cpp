// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/text/stray_line.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "import/text/event_body.hpp"
#include "import/text/fields.hpp"
#include "util/escape.hpp"

namespace wakepath::foreign::text {

namespace {

constexpr std::size_t kLongestNote = 160;

std::string_view trimmed(std::string_view text, std::string_view off) {
  const std::size_t begin = text.find_first_not_of(off);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(off) - begin + 1);
}

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_letter(text[at - 1])) && (end == text.size() || !is_letter(text[end]))) {
      return true;
    }
  }
  return false;
}

bool says_cut(std::string_view line) {
  std::string lower(trimmed(line, " \t"));
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  for (std::size_t at = lower.find("…"); at != std::string::npos; at = lower.find("…")) {
    lower.replace(at, std::string_view("…").size(), "...");
  }
  // grep -A and -B put "--" between what they found; a mail's signature begins with "-- ".
  if (lower == "--" ? !line.ends_with("-- ") : lower == "." || lower == ":" || lower == "⋮") {
    return true;
  }
  if (lower.starts_with("@@ -") || lower.find(">8") != std::string::npos ||
      lower.find("8<") != std::string::npos) {
    return true;
  }
  const std::string_view bare = trimmed(lower, " \t[](){}<>#/*-=~_|+");
  if (bare.starts_with("..") || bare.starts_with(". .") || bare.ends_with(" ...")) {
    return true;
  }
  if (lower.size() > kLongestNote || has_word(lower, "cut here")) {
    return false;
  }
  constexpr std::array<std::string_view, 12> kWords{"snip",    "snipped",  "omitted", "omitting",
                                                    "skipped", "skipping", "elided",  "trimmed",
                                                    "removed", "deleted",  "dropped", "truncated"};
  return std::ranges::any_of(kWords, [&](auto word) { return has_word(lower, word); }) ||
         bare == "cut" || bare == "more" || has_word(lower, "left out") ||
         has_word(lower, "cut out");
}

// "500.000100: "
bool has_time(std::string_view line) {
  for (std::size_t at = line.find(": "); at != std::string_view::npos;
       at = line.find(": ", at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && is_digit(line[begin - 1])) {
      --begin;
    }
    if (at - begin >= 6 && begin > 1 && line[begin - 1] == '.' && is_digit(line[begin - 2])) {
      return true;
    }
  }
  return false;
}

// "-2046  [002]"
bool has_thread(std::string_view line) {
  for (std::size_t at = line.find(" ["); at != std::string_view::npos;
       at = line.find(" [", at + 1)) {
    const std::string_view behind = line.substr(at + 2);
    if (behind.size() < 4 || !std::ranges::all_of(behind.substr(0, 3), is_digit)) {
      continue;
    }
    const std::string_view before = trimmed(line.substr(0, at), " ");
    if (!before.empty() && is_digit(before.back())) {
      return true;
    }
  }
  return false;
}

// "sched_waking: comm=...", without what stood before
bool has_body(std::string_view line) {
  for (std::size_t at = line.find(": "); at != std::string_view::npos;
       at = line.find(": ", at + 1)) {
    std::size_t begin = at;
    while (begin > 0 &&
           (is_letter(line[begin - 1]) || is_digit(line[begin - 1]) || line[begin - 1] == '_')) {
      --begin;
    }
    TraceEvent event;
    if (parse_body(line.substr(begin, at - begin), trimmed(line.substr(at + 2), " "), event) ==
        Body::event) {
      return true;
    }
  }
  return false;
}

bool has_field(std::string_view line) {
  constexpr std::array<std::string_view, 25> kFields{
      "prev_comm=", "prev_pid=",  "prev_prio=", "prev_state=",  "next_comm=",
      "next_pid=",  "next_prio=", "pid=",       "prio=",        "target_cpu=",
      "irq=",       "vec=",       "cpu_id=",    "function=",    "expires=",
      "hrtimer=",   " rip 0x",    "_EC: 0x",    "PC: 0x",       "work struct",
      "vcpu_pc=",   "vcpu_id=",   "guest_rip=", "exit_reason=", "errno="};
  return std::ranges::any_of(
      kFields, [line](auto field) { return line.find(field) != std::string_view::npos; });
}

// Control characters, or bytes that are no UTF-8.
bool is_no_text(std::string_view line) {
  std::string plain(line);
  std::ranges::replace(plain, '\t', ' ');
  // Colours and titles of a prompt.
  std::erase_if(plain, [](char c) { return c == '\x1b' || c == '\a' || c == '\b' || c == '\\'; });
  return escape_terminal(plain) != plain;
}

}  // namespace

Stray stray_line(std::string_view line) {
  if (is_no_text(line) || has_time(line) || has_thread(line) || has_field(line) || has_body(line)) {
    return Stray::damaged;
  }
  return says_cut(line) ? Stray::gap : Stray::remark;
}

}  // namespace wakepath::foreign::text
