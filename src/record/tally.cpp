// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/tally.hpp"

#include <algorithm>
#include <numeric>

#include "record/decoder.hpp"

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
      ++unreadable_;
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
  if (!decode_tick(view)) {
    ++unreadable_;
    return;
  }
  const auto head = load<wp_tick>(view.bytes());
  const bool joined = (head.flags & WP_TICK_JOINED) != 0;
  if (joined) {
    missed_before_ = head.missed;
  }
  raise(missed_, head.missed);
  seen_at(head.time_ns);
  for (std::size_t i = 0; i < view.count(); ++i) {
    const std::size_t at = sizeof(wp_tick) + i * sizeof(wp_tick_cpu);
    if (at + sizeof(wp_tick_cpu) > view.bytes().size()) {
      break;
    }
    const auto totals = load<wp_tick_cpu>(view.bytes(), at);
    Cpu& cpu = cpus_[totals.cpu];
    if (joined) {
      cpu.failed_before = totals.failed;
      cpu.skipped_before = totals.skipped;
    }
    raise(cpu.written, totals.written);
    raise(cpu.failed, totals.failed);
    raise(cpu.skipped, totals.skipped);
  }
}

void Tally::fact(RecordView view) {
  auto fact = decode_fact(view);
  if (!fact) {
    ++unreadable_;
    return;
  }
  std::visit(Overloaded{[this](const HostFact& host) {
                          host_ = host;
                          realtime_offsets_.at_begin(host.realtime_offset_ns);
                        },
                        [this](const CaptureFact& capture) { capture_ = capture; },
                        [this](const EventFact& event) {
                          event_states_[event.event] = {event.enabled, event.reason};
                        },
                        [this](const VmFact& fact_of_vm) {
                          Vm& vm = vms_[fact_of_vm.key];
                          vm.name = fact_of_vm.name;
                          vm.tgid = fact_of_vm.tgid;
                        },
                        [this](const VcpuFact& vcpu) { add(vcpu); },
                        [this](const IrqFact& irq) { irqs_.insert(irq.action); },
                        [this](const SymbolFact& symbol) { symbols_.insert(symbol.address); },
                        [this](const HostFileFact& file) {
                          host_files_ += file.type == WP_HOST_FILE && file.record == 0 ? 1U : 0U;
                        },
                        [this](const NoticeFact& notice) {
                          lost_exact_ = lost_exact_ && notice.advice != WP_ADVICE_LOSS_UNCOUNTED;
                        },
                        [this](const TriggerFact& trigger) { trigger_ = trigger; },
                        [this](const TimeOfDayFact& jump) {
                          realtime_offsets_.jumped(jump.since_ns, jump.realtime_offset_ns);
                        },
                        [this](const BreachFact& breach) { add(breach); },
                        [](const auto& /*counts nowhere*/) {}},
             *fact);
}

void Tally::add(const VcpuFact& vcpu) {
  // Its process may be told later than its number.
  if (const auto unknown = vms_.find(0); unknown != vms_.end() && vcpu.vm != 0) {
    unknown->second.vcpus.erase(vcpu.tid);
    if (unknown->second.vcpus.empty()) {
      vms_.erase(unknown);
    }
  }
  vms_[vcpu.vm].vcpus[vcpu.tid] = {vcpu.index, vcpu.thread};
}

// The first one stands at the begin, too.
void Tally::add(const BreachFact& breach) {
  constexpr std::size_t kMost = 1000;
  if (!breaches_.empty() && breach == breaches_.front()) {
    return;
  }
  if (breaches_.size() < kMost) {
    breaches_.push_back(breach);
  } else {
    ++more_breaches_;
  }
}

std::uint64_t Tally::events() const {
  return std::accumulate(by_kind_.begin(), by_kind_.end(), unknown_);
}

std::uint64_t Tally::lost() const {
  std::uint64_t sum = 0;
  for (const auto& [number, cpu] : cpus_) {
    sum += cpu.failed - std::min(cpu.failed, cpu.failed_before);
  }
  return sum;
}

std::uint64_t Tally::skipped() const {
  std::uint64_t sum = 0;
  for (const auto& [number, cpu] : cpus_) {
    sum += cpu.skipped - std::min(cpu.skipped, cpu.skipped_before);
  }
  return sum;
}

}  // namespace wakepath::record
