// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/fact_store.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace wakepath::reconstruct {

namespace {

std::optional<std::uint64_t> known(std::uint64_t value) {
  return value == 0 ? std::nullopt : std::optional(value);
}

}  // namespace

void FactStore::add(const Fact& fact) {
  const auto low = [&](std::size_t i) { return static_cast<std::uint32_t>(fact.value[i]); };
  switch (fact.kind) {
    case WP_FACT_HOST:
      header_.kernel = fact.text(0);
      header_.arch = fact.text(1);
      header_.wakepath = fact.text(2);
      header_.cpus = fact.value[0];
      header_.counter_hz = known(fact.value[1]);
      bg_timer_offset_ = fact.value[2];
      break;
    case WP_FACT_EVENT: {
      const EventState state{fact.text(0), fact.value[0] != 0, fact.text(1)};
      const auto same = std::find_if(header_.events.begin(), header_.events.end(),
                                     [&](const EventState& e) { return e.event == state.event; });
      if (same == header_.events.end()) {
        header_.events.push_back(state);
      } else {
        *same = state;
      }
      break;
    }
    case WP_FACT_VM:
      vms_[low(0)] = {low(1), fact.text(0)};
      break;
    case WP_FACT_VCPU:
      vcpus_[low(0)] = {low(1), low(2), fact.value[3], fact.text(0)};
      if (bg_timer_offset_ != 0 && fact.value[3] != 0) {
        bg_timers_[fact.value[3] + bg_timer_offset_] = low(0);
      }
      break;
    case WP_FACT_IRQ:
      irqs_[fact.value[0]] = {low(1), fact.text(0), fact.text(1),
                              fact.text(0).starts_with("kvm guest ")};
      break;
    case WP_FACT_SYMBOL:
      symbols_[fact.value[0]] = fact.text(0);
      break;
    case WP_FACT_PROGRAM:
      programs_.push_back({fact.text(0), fact.value[0], fact.value[1], fact.value[2]});
      break;
    case WP_FACT_CAPTURE:
      ring_bytes_ = fact.value[0];
      naming_attempts_ = fact.value[3];
      break;
    case WP_FACT_NOTICE:
    case WP_FACT_KINDS:
      break;
    case WP_FACT_CLOCK:
      if (!clock_ || fact.value[1] > clock_->ns) {
        clock_before_ = clock_;
        clock_ = {fact.value[0], fact.value[1]};
      }
      break;
  }
}

std::string FactStore::function(std::uint64_t address) const {
  const auto found = symbols_.find(address);
  return found == symbols_.end() ? fmt::format("{:#x}", address) : found->second;
}

bool FactStore::is_bg_timer(std::uint32_t tid, std::uint64_t hrtimer) const {
  const VcpuFact* fact = vcpu(tid);
  return fact != nullptr && bg_timer_offset_ != 0 && fact->kvm_vcpu != 0 &&
         fact->kvm_vcpu + bg_timer_offset_ == hrtimer;
}

std::optional<std::uint32_t> FactStore::bg_timer_owner(std::uint64_t hrtimer) const {
  const auto found = bg_timers_.find(hrtimer);
  return found == bg_timers_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::uint64_t> FactStore::counter_to_ns(std::uint64_t counter) const {
  if (!clock_ || !header_.counter_hz) {
    return std::nullopt;
  }
  double ns_per_tick = 1e9 / static_cast<double>(*header_.counter_hz);
  // CLOCK_MONOTONIC is slewed, the counter is not.
  if (clock_before_ && clock_->counter > clock_before_->counter) {
    ns_per_tick = static_cast<double>(clock_->ns - clock_before_->ns) /
                  static_cast<double>(clock_->counter - clock_before_->counter);
  }
  const double since =
      static_cast<double>(static_cast<std::int64_t>(counter - clock_->counter)) * ns_per_tick;
  const double ns = static_cast<double>(clock_->ns) + since;
  // A guest may have programmed anything.
  constexpr double kFar = 9e18;
  return ns > 0 && ns < kFar && since > -kFar && since < kFar
             ? std::optional(clock_->ns +
                             static_cast<std::uint64_t>(static_cast<std::int64_t>(since)))
             : std::nullopt;
}

const IrqAction* FactStore::irq(std::uint64_t action) const {
  const auto found = irqs_.find(action);
  return found == irqs_.end() ? nullptr : &found->second;
}

const VcpuFact* FactStore::vcpu(std::uint32_t tid) const {
  const auto found = vcpus_.find(tid);
  return found == vcpus_.end() ? nullptr : &found->second;
}

VcpuIdentity FactStore::identity(std::uint32_t tid) const {
  const VcpuFact* fact = vcpu(tid);
  if (fact == nullptr) {
    return {"?", std::nullopt, std::nullopt, tid};
  }
  const auto vm = vms_.find(fact->vm);
  if (vm == vms_.end()) {
    return {"?", std::nullopt, fact->index, tid};
  }
  return {vm->second.name, vm->second.tgid, fact->index, tid};
}

std::vector<std::string> FactStore::vms() const {
  std::set<std::string> names;
  for (const auto& [key, vm] : vms_) {
    names.insert(vm.name);
  }
  return {names.begin(), names.end()};
}

}  // namespace wakepath::reconstruct
