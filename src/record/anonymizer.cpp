// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/anonymizer.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "record/event_table.hpp"

namespace wakepath::record {

Result<void> Anonymizer::record(RecordView view) {
  switch (view.type()) {
    case WP_RECORD_BATCH:
      return batch(view);
    case WP_RECORD_FACT:
      return fact(view);
    case WP_RECORD_TICK:
    case WP_RECORD_GUEST_REPORT:
    case WP_RECORD_GAP:
      return next_.record(view);
    default:
      unknown_records_ += 1;
      return {};
  }
}

void Anonymizer::rename(const NamePlace& place, std::size_t field) {
  if (place.thing == NamedThing::function) {
    return;
  }
  const std::string_view name = name_in(Bytes(bytes_).subspan(field, place.bytes));
  const std::string alias =
      place.thing == NamedThing::task ? names_.task(name) : names_.device(name);
  // What stands behind a name's end may be anything.
  std::memset(bytes_.data() + field, 0, place.bytes);
  std::memcpy(bytes_.data() + field, alias.data(), std::min(alias.size(), place.bytes));
}

Result<void> Anonymizer::batch(RecordView view) {
  bytes_.assign(view.bytes().begin(), view.bytes().end());
  std::optional<unsigned> unknown;
  const std::size_t end = for_each_event(view, [&](const wp_event& event, std::size_t at) {
    const EventRow& row = event_row(event.kind);
    if (row.kind == WP_EVENT_NONE) {
      unknown = event.kind;
      return;
    }
    // Fields that a later version appended.
    const std::size_t known = sizeof(wp_event) + row.payload_bytes;
    if (event.size > known) {
      std::memset(bytes_.data() + at + known, 0, event.size - known);
    }
    for_each_name(event, at,
                  [this](const NamePlace& place, std::size_t field) { rename(place, field); });
  });
  if (unknown) {
    refused_ = true;
    return fail(ErrorKind::bad_input,
                fmt::format("it has events of kind {}, which this version does not know and which "
                            "may hold names",
                            *unknown),
                "a newer wakepath can anonymize it");
  }
  // No whole event stands there.
  std::memset(bytes_.data() + end, 0, bytes_.size() - end);
  const auto changed = RecordView::at(bytes_);
  return changed ? next_.record(*changed) : Result<void>{};
}

Result<void> Anonymizer::fact(RecordView view) {
  auto decoded = decode_fact(view);
  if (!decoded) {
    unknown_records_ += 1;
    return {};
  }
  bool keep = true;
  std::visit(Overloaded{[](HostFact& host) { host.options.clear(); },
                        [this](VmFact& vm) { vm.name = names_.vm(vm.name); },
                        [this](VcpuFact& vcpu) { vcpu.thread = names_.task(vcpu.thread); },
                        [this](ThreadFact& thread) { thread.name = names_.task(thread.name); },
                        [this](IrqFact& irq) {
                          Interrupt& interrupt = irq.interrupt;
                          interrupt.action = names_.device(interrupt.action);
                          interrupt.device = names_.device(interrupt.device);
                          interrupt.queue = names_.device(interrupt.queue);
                          interrupt.address = names_.device(interrupt.address);
                          interrupt.description.clear();
                          interrupt.given_to = names_.vm(interrupt.given_to);
                        },
                        [](NoticeFact& notice) {
                          if (notice.advice == WP_ADVICE_OTHER) {
                            notice.text = "a notice whose text anonymize left out";
                          }
                        },
                        [&](const HostFileFact& file) {
                          host_files_ += file.type == WP_HOST_FILE && file.record == 0 ? 1U : 0U;
                          keep = false;
                        },
                        // Expressions, which name whatever was looked for.
                        [&](const TriggerFact& /*fact*/) { keep = false; },
                        [&](const BreachFact& /*fact*/) { keep = false; },
                        [&](const UnknownFact& /*fact*/) {
                          unknown_records_ += 1;
                          keep = false;
                        },
                        [](const auto& /*names nothing of the host's*/) {}},
             *decoded);
  if (!keep) {
    return {};
  }
  const std::vector<std::byte> bytes = encode(*decoded);
  const auto changed = RecordView::at(bytes);
  return changed ? next_.record(*changed) : Result<void>{};
}

}  // namespace wakepath::record
