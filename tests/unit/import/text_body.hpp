// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the text of one event, for the tests of each kind of event.
#pragma once

#include <string_view>

#include "import/text/event_body.hpp"

namespace wakepath::foreign::text {

// The event of `text`; its kind is WP_EVENT_NONE if the text can't be read or is not used.
inline TraceEvent told(std::string_view name, std::string_view text, std::uint32_t tid = 117) {
  TraceEvent event;
  event.tid = tid;
  if (parse_body(name, text, event) != Body::event) {
    event.kind = WP_EVENT_NONE;
  }
  return event;
}

inline Body result(std::string_view name, std::string_view text) {
  TraceEvent event;
  return parse_body(name, text, event);
}

}  // namespace wakepath::foreign::text
