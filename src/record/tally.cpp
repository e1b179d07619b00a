// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/tally.hpp"

#include <algorithm>
#include <numeric>

namespace wakepath::record {

namespace {

void raise(std::uint64_t& total, std::uint64_t value) { total = std::max(total, value); }

}  // namespace

void Tally::seen_at(std::uint64_t time_ns) {
  first_ns_ = std::min(first_ns_.value_or(time_ns), time_ns);
  last_ns_ = std::max(last_ns_.value_or(time_ns), time_ns);
}

Result<void> Tally::record(RecordView view) {
  switch (view.type()) {
    case WP_RECORD_BATCH:
      batch(view);
      break;
    case WP_RECORD_TICK:
      tick(view);
      break;
    case WP_RECORD_FACT:
      fact(view);
      break;
    case WP_RECORD_GUEST_REPORT:
      guest_reports_ += 1;
      break;
    default:
      break;
  }
  return {};
}

void Tally::batch(RecordView view) {
  const auto head = load<wp_batch>(view.bytes());
  Cpu& cpu = cpus_[head.cpu];
  raise(cpu.failed, head.failed);
  std::size_t at = sizeof(wp_batch);
  for (std::uint32_t i = 0; i < view.count() && at + sizeof(wp_event) <= view.bytes().size(); ++i) {
    const auto event = load<wp_event>(view.bytes(), at);
    if (event.size < sizeof(wp_event)) {
      break;
    }
    if (event.kind < WP_EVENT_KINDS) {
      by_kind_[event.kind] += 1;
    } else {
      unknown_ += 1;
    }
    seen_at(event.time_ns);
    at += event.size;
  }
}

void Tally::tick(RecordView view) {
  const auto head = load<wp_tick>(view.bytes());
  raise(missed_, head.missed);
  seen_at(head.time_ns);
  for (std::size_t i = 0; i < view.count(); ++i) {
    const std::size_t at = sizeof(wp_tick) + i * sizeof(wp_tick_cpu);
    if (at + sizeof(wp_tick_cpu) > view.bytes().size()) {
      break;
    }
    const auto totals = load<wp_tick_cpu>(view.bytes(), at);
    Cpu& cpu = cpus_[totals.cpu];
    raise(cpu.written, totals.written);
    raise(cpu.failed, totals.failed);
    raise(cpu.skipped, totals.skipped);
  }
}

void Tally::fact(RecordView view) {
  auto fact = decode_fact(view);
  if (!fact) {
    return;
  }
  switch (fact->kind) {
    case WP_FACT_HOST:
      host_ = *fact;
      break;
    case WP_FACT_CAPTURE:
      capture_ = *fact;
      break;
    case WP_FACT_EVENT:
      event_states_[fact->text(0)] = {fact->value[0] != 0, fact->text(1)};
      break;
    case WP_FACT_VM: {
      Vm& vm = vms_[fact->value[0]];
      vm.name = fact->text(0);
      vm.tgid = fact->value[1];
      break;
    }
    case WP_FACT_VCPU:
      vms_[fact->value[1]].vcpus[fact->value[2]] = fact->text(0);
      break;
    case WP_FACT_VCPU_SINCE:
      vms_[fact->value[1] & UINT32_MAX].vcpus[fact->value[0] >> 32U] = fact->text(0);
      break;
    case WP_FACT_HOST_FILE:
      host_files_ += fact->value[0] == WP_HOST_FILE && fact->value[2] == 0 ? 1U : 0U;
      break;
    case WP_FACT_NOTICE:
      break;
    default:
      symbols_[fact->kind][fact->value[0]] = fact->text(0);
      break;
  }
}

std::uint64_t Tally::events() const {
  return std::accumulate(by_kind_.begin(), by_kind_.end(), unknown_);
}

std::uint64_t Tally::lost() const {
  std::uint64_t sum = 0;
  for (const auto& [number, cpu] : cpus_) {
    sum += cpu.failed;
  }
  return sum;
}

std::uint64_t Tally::skipped() const {
  std::uint64_t sum = 0;
  for (const auto& [number, cpu] : cpus_) {
    sum += cpu.skipped;
  }
  return sum;
}

std::uint64_t Tally::facts_of(wp_fact_kind kind) const {
  const auto found = symbols_.find(kind);
  return found == symbols_.end() ? 0 : found->second.size();
}

}  // namespace wakepath::record
