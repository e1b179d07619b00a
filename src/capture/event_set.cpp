// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/event_set.hpp"

#include <algorithm>
#include <string>

#include "capture/catalogue.hpp"

namespace wakepath::capture {

namespace {

std::string known_names() {
  std::string names;
  for (const Tracepoint& tracepoint : catalogue()) {
    names += names.empty() ? "" : " ";
    names += tracepoint.name;
  }
  return names;
}

bool is_retired(std::string_view name) {
  return std::ranges::any_of(record::kEventTable, [&](const record::EventRow& row) {
    return row.event_class == record::EventClass::retired && row.name == name;
  });
}

Result<void> apply(EventSet& set, std::string_view word) {
  const bool remove = word.starts_with('-');
  const std::string_view name = remove || word.starts_with('+') ? word.substr(1) : word;
  const Tracepoint* tracepoint = find_tracepoint(name);
  if (tracepoint == nullptr) {
    if (is_retired(name)) {
      return fail(ErrorKind::usage,
                  "event '" + std::string(name) + "' is no longer captured: no wake needs it",
                  "leave it out");
    }
    return fail(ErrorKind::usage, "no event '" + std::string(name) + "'",
                "name some of: default full " + known_names());
  }
  if (remove && tracepoint->required) {
    return fail(ErrorKind::usage, "event '" + std::string(name) + "' can't be left out",
                "every wake is found by sched_waking and sched_switch");
  }
  set.kinds.set(tracepoint->kind, !remove);
  return {};
}

}  // namespace

EventSet EventSet::production() {
  EventSet set;
  for (const Tracepoint& tracepoint : catalogue()) {
    set.kinds.set(tracepoint.kind, tracepoint.production);
  }
  return set;
}

EventSet EventSet::full() {
  EventSet set;
  for (const Tracepoint& tracepoint : catalogue()) {
    set.kinds.set(tracepoint.kind);
  }
  set.every_kvm_event = true;
  return set;
}

Result<EventSet> EventSet::parse(std::string_view text) {
  EventSet set;
  for (bool first = true; first || !text.empty(); first = false) {
    const std::size_t comma = text.find(',');
    const std::string_view word = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    if (first && (word == "default" || word == "full")) {
      set = word == "full" ? full() : production();
      continue;
    }
    if (first && (word.starts_with('+') || word.starts_with('-'))) {
      set = production();
    }
    if (auto done = apply(set, word); !done) {
      return tl::unexpected(done.error());
    }
  }
  for (const Tracepoint& tracepoint : catalogue()) {
    if (tracepoint.required) {
      set.kinds.set(tracepoint.kind);
    }
  }
  return set;
}

}  // namespace wakepath::capture
