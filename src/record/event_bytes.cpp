// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/event_bytes.hpp"

#include <cstring>

#include "record/event_table.hpp"

namespace wakepath::record {

void append_event(const Event& event, std::vector<std::byte>& out) {
  const EventRow& row = event_row(event.kind);
  const std::size_t payload = row.is_event() ? row.payload_bytes : 0;
  const auto size = static_cast<std::uint16_t>(sizeof(wp_event) + payload);
  const wp_event head{event.time_ns, static_cast<std::uint8_t>(event.kind), event.context, size,
                      event.tid};
  const std::size_t at = out.size();
  out.resize(at + size);
  std::memcpy(out.data() + at, &head, sizeof(head));
  std::memcpy(out.data() + at + sizeof(head), &event.payload, payload);
}

}  // namespace wakepath::record
