// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/culprit_class.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <fnmatch.h>

#include "util/closest.hpp"

namespace wakepath::analysis {

namespace {

constexpr std::array<std::pair<std::string_view, BlameKind>, 9> kKinds{
    {{"task", BlameKind::task},
     {"irq", BlameKind::hardirq},
     {"hardirq", BlameKind::hardirq},  // as NDJSON calls it
     {"softirq", BlameKind::softirq},
     {"idle_exit", BlameKind::idle_exit},
     {"ipi", BlameKind::ipi},
     {"limit", BlameKind::limit},
     {"self", BlameKind::self},
     {"unexplained", BlameKind::unexplained}}};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  while (!text.empty() && text.back() == ' ') {
    text.remove_suffix(1);
  }
  return text;
}

tl::unexpected<Error> no_such_class(std::string_view text, std::string_view kind) {
  std::vector<std::string> names{"stage"};
  for (const auto& [name, value] : kKinds) {
    names.emplace_back(name);
  }
  return fail(ErrorKind::usage,
              fmt::format("'{}': a culprit is task, irq, softirq, idle_exit, ipi, limit, self, "
                          "unexplained or stage, with a name or a number in brackets{}",
                          text, did_you_mean(kind, names)),
              "write it like 'task(hog)', 'irq(57)', 'idle_exit(2)', 'stage(work_delay)' or "
              "'softirq'");
}

Result<StageKind> stage_named(std::string_view text, std::string_view name) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kStageKinds; ++i) {
    names.emplace_back(name_of(static_cast<StageKind>(i)));
    if (names.back() == name) {
      return static_cast<StageKind>(i);
    }
  }
  return fail(ErrorKind::usage, fmt::format("'{}': a stage is one of {}{}", text,
                                            fmt::join(names, ", "), did_you_mean(name, names)));
}

bool fits(const std::string& pattern, const std::string& name) {
  // A name may have brackets of its own.
  return !name.empty() && (pattern == name || ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0);
}

bool fits(const std::string& pattern, std::optional<std::uint32_t> number) {
  return number && pattern == std::to_string(*number);
}

// The name behind the last blank: "2" of "idle state 2".
std::string last_word(const std::string& text) {
  const std::size_t blank = text.rfind(' ');
  return blank == std::string::npos ? "" : text.substr(blank + 1);
}

}  // namespace

Result<CulpritClass> parse_culprit_class(std::string_view text) {
  CulpritClass out;
  out.text = std::string(text);
  const std::string_view whole = trimmed(text);
  const std::size_t open = whole.find('(');
  const bool has_pattern = open != std::string_view::npos;
  if (has_pattern && !whole.ends_with(')')) {
    return no_such_class(text, whole);
  }
  const std::string_view name = trimmed(whole.substr(0, open));
  if (has_pattern) {
    out.pattern = std::string(trimmed(whole.substr(open + 1, whole.size() - open - 2)));
  }
  if (name == "stage") {
    WAKEPATH_TRY(out.stage, stage_named(text, out.pattern));
    return out;
  }
  const auto* const found = std::ranges::find(kKinds, name, &decltype(kKinds)::value_type::first);
  const bool is_nameless = found != kKinds.end() && found->second == BlameKind::self;
  if (found == kKinds.end() || (has_pattern && (out.pattern.empty() || is_nameless))) {
    return no_such_class(text, name);
  }
  out.kind = found->second;
  return out;
}

bool is_in(const CulpritClass& one, StageKind stage, BlameKind kind, const Blame* blame) {
  if (one.stage) {
    return *one.stage == stage;
  }
  if (one.kind != kind) {
    return false;
  }
  if (one.pattern.empty()) {
    return true;
  }
  if (blame == nullptr) {
    return false;
  }
  // Behind an interrupt's name stands the callback that ran in it.
  const std::string& what = blame->what;
  const std::size_t callback = what.find(": ");
  const bool named = fits(one.pattern, what) ||
                     (callback != std::string::npos && fits(one.pattern, what.substr(0, callback)));
  switch (kind) {
    case BlameKind::task:
      return named || fits(one.pattern, blame->tid);
    case BlameKind::hardirq:
      return named ||
             (blame->interrupt && (fits(one.pattern, blame->interrupt->irq) ||
                                   fits(one.pattern, blame->interrupt->device_or_address())));
    case BlameKind::idle_exit:
      return named || one.pattern == last_word(what);
    default:
      return named;
  }
}

std::vector<std::string> not_foretold(const std::vector<CulpritClass>& classes) {
  std::vector<std::string> out{
      "What they delayed in other ways, such as a cold cache, or a wake that came later, is not "
      "foretold."};
  const auto has = [&classes](BlameKind kind) {
    return std::ranges::any_of(classes,
                               [kind](const CulpritClass& one) { return one.kind == kind; });
  };
  if (has(BlameKind::task) || has(BlameKind::hardirq) || has(BlameKind::softirq)) {
    out.emplace_back(
        "Their work may go on elsewhere, and a CPU without it may go idle: exits from idle would "
        "come in their place.");
  }
  if (has(BlameKind::idle_exit)) {
    out.emplace_back(
        "A CPU that may not enter a state enters another, or none: its exit takes time too.");
  }
  if (has(BlameKind::self) || has(BlameKind::unexplained) ||
      std::ranges::any_of(classes, [](const CulpritClass& one) { return one.stage.has_value(); })) {
    out.emplace_back(
        "Own code and whole stages may get faster, but they do not vanish: this is the most to "
        "win.");
  }
  return out;
}

}  // namespace wakepath::analysis
