// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/decoder.hpp"

#include <algorithm>

#include "record/event_table.hpp"

namespace wakepath::record {

namespace {

std::uint64_t counted(std::uint64_t count) { return std::min(count, kMostCounted); }

Event decode_event(const wp_event& head, std::uint32_t cpu, Bytes payload) {
  Event event{};
  event.time_ns = head.time_ns;
  event.cpu = cpu;
  event.tid = head.tid;
  event.kind = static_cast<wp_event_kind>(head.kind);
  event.context = head.context;
  std::memcpy(&event.payload, payload.data(), std::min(payload.size(), sizeof(event.payload)));
  return event;
}

}  // namespace

bool decode_batch(RecordView view, Batch& out) {
  const Bytes bytes = view.bytes();
  const auto head = load<wp_batch>(bytes);
  if (bytes.size() < sizeof(wp_batch) || head.cpu >= WP_MAX_CPUS) {
    return false;
  }
  out.cpu = head.cpu;
  out.failed = counted(head.failed);
  out.declared = view.count();
  out.number = (head.flags & WP_BATCH_NUMBERED) != 0
                   ? std::optional(head.flags >> WP_BATCH_NUMBER_SHIFT)
                   : std::nullopt;
  out.events.clear();
  out.last_ns = 0;
  out.malformed = false;
  std::size_t at = sizeof(wp_batch);
  for (std::uint32_t i = 0; i < out.declared; ++i) {
    const std::size_t left = bytes.size() - at;
    const auto event = load<wp_event>(bytes, at);
    if (left < sizeof(wp_event) || event.size < sizeof(wp_event) || event.size % 8 != 0 ||
        event.size > left || event.time_ns > kLatestNs) {
      out.malformed = true;
      break;
    }
    if (event_row(event.kind).is_event()) {
      out.events.push_back(decode_event(
          event, head.cpu, bytes.subspan(at + sizeof(wp_event), event.size - sizeof(wp_event))));
    }
    out.last_ns = std::max<std::uint64_t>(out.last_ns, event.time_ns);
    at += event.size;
  }
  return true;
}

std::optional<Tick> decode_tick(RecordView view) {
  const Bytes bytes = view.bytes();
  if (bytes.size() < sizeof(wp_tick) + view.count() * sizeof(wp_tick_cpu)) {
    return std::nullopt;
  }
  const auto head = load<wp_tick>(bytes);
  if (head.time_ns > kLatestNs) {
    return std::nullopt;
  }
  Tick tick{head.time_ns, counted(head.missed), head.flags, {}, head.number};
  tick.cpus.reserve(view.count());
  for (std::size_t i = 0; i < view.count(); ++i) {
    auto cpu = load<wp_tick_cpu>(bytes, sizeof(wp_tick) + i * sizeof(wp_tick_cpu));
    if (cpu.cpu >= WP_MAX_CPUS) {
      return std::nullopt;
    }
    cpu.written = counted(cpu.written);
    cpu.failed = counted(cpu.failed);
    cpu.skipped = counted(cpu.skipped);
    tick.cpus.push_back(cpu);
  }
  return tick;
}

std::optional<wp_guest_report> decode_guest_report(RecordView view) {
  if (view.bytes().size() < sizeof(wp_guest_report)) {
    return std::nullopt;
  }
  const auto report = load<wp_guest_report>(view.bytes());
  return report.time_ns <= kLatestNs ? std::optional(report) : std::nullopt;
}

std::vector<std::byte> encode(wp_guest_report report) {
  report.record = {WP_RECORD_GUEST_REPORT, 0, sizeof(report)};
  std::vector<std::byte> bytes(sizeof(report));
  std::memcpy(bytes.data(), &report, sizeof(report));
  return bytes;
}

}  // namespace wakepath::record
