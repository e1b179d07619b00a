// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/ndjson_parts.hpp"

namespace wakepath::present {

std::optional<std::uint32_t> known_irq(const Interrupt& interrupt) {
  return interrupt.irq == WP_IRQ_UNKNOWN ? std::nullopt : std::optional(interrupt.irq);
}

void vm_field(JsonWriter& json, const std::string& vm) {
  json.text_or_null("vm", vm == "?" ? std::string_view{} : std::string_view(vm));
}

}  // namespace wakepath::present
