// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/fact_store.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace wakepath::reconstruct {

namespace {

// A wake is told some 300 ms after it began; a thread that is another vCPU's more often than that
// loses its oldest names.
constexpr std::size_t kKept = 16;

std::optional<std::uint64_t> known(std::uint64_t value) {
  return value == 0 ? std::nullopt : std::optional(value);
}

// The names by time: the new one takes the place of what was said of the same time.
template <typename T>
void insert(std::vector<T>& history, T fact) {
  const auto at = std::ranges::lower_bound(history, fact.since_ns, {}, &T::since_ns);
  if (at != history.end() && at->since_ns == fact.since_ns) {
    *at = std::move(fact);
    return;
  }
  history.insert(at, std::move(fact));
  if (history.size() > kKept) {
    history.erase(history.begin());
  }
}

// The last that began by then; `history.end()` where there is none.
template <typename T>
auto began_by(const std::vector<T>& history, std::uint64_t at_ns) {
  const auto after = std::ranges::upper_bound(history, at_ns, {}, &T::since_ns);
  return after == history.begin() ? history.end() : std::prev(after);
}

// What the output means by a name of its own is no name of a VM.
std::string vm_name(const std::string& given, std::uint32_t tgid) {
  const bool has_a_meaning = given.empty() || given == "?" || given == "*";
  return has_a_meaning ? fmt::format("{} (pid {})", given, tgid) : given;
}

}  // namespace

void FactStore::add(const Fact& fact) {
  const auto low = [&](std::size_t i) { return static_cast<std::uint32_t>(fact.value[i]); };
  const auto high = [&](std::size_t i) { return static_cast<std::uint32_t>(fact.value[i] >> 32U); };
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
      insert(vms_[low(0)], Vm{low(1), vm_name(fact.text(0), low(1)), fact.value[2]});
      break;
    case WP_FACT_VCPU:
      add_vcpu(low(0), {low(1), low(2), fact.value[3], fact.text(0), 0, std::nullopt, 0});
      break;
    case WP_FACT_VCPU_SINCE:
      add_vcpu(low(0), {low(1), high(0), fact.value[2], fact.text(0), fact.value[3], std::nullopt,
                        high(1)});
      break;
    case WP_FACT_IRQ:
      add_irq(fact.value[0], interrupt_of(fact));
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
    case WP_FACT_COST:
      cost_ = {fact.value[0], fact.value[1],
               fact.value[2] == 0 ? std::nullopt : std::optional(fact.value[2]), fact.value[3],
               fact.text(0) == "sampled"};
      break;
    case WP_FACT_TRACE:
      header_.trace = TraceOrigin{fact.text(0), fact.text(1), fact.value[0],
                                  (fact.value[1] & WP_TRACE_UNTIMED) != 0};
      break;
    case WP_FACT_CLOCK:
      if (!clock_ || fact.value[1] > clock_->ns) {
        clock_before_ = clock_;
        clock_ = {fact.value[0], fact.value[1]};
      }
      break;
    default:
      break;
  }
}

// What is said again and again, mostly the same, is kept once: wakes that are told later share it.
void FactStore::add_irq(std::uint64_t action, Interrupt&& interrupt) {
  IrqAction& known = irqs_[action];
  if (!known.interrupt || *known.interrupt != interrupt) {
    known.guest_timer = interrupt.action.starts_with("kvm guest ");
    known.interrupt = std::make_shared<const Interrupt>(std::move(interrupt));
  }
}

void FactStore::add_vcpu(std::uint32_t tid, VcpuFact&& vcpu) {
  if (bg_timer_offset_ != 0 && vcpu.kvm_vcpu != 0) {
    bg_timers_[vcpu.kvm_vcpu + bg_timer_offset_] = tid;
  }
  if (vcpu.kvm_vcpu != 0) {
    kvm_vcpus_[vcpu.kvm_vcpu] = tid;
  }
  insert(threads_[tid].vcpus, std::move(vcpu));
}

void FactStore::exited(std::uint32_t tid, std::uint64_t at_ns) {
  Thread* thread = threads_.find(tid);
  if (thread == nullptr) {
    return;
  }
  thread->exited_ns = at_ns;
  for (VcpuFact& vcpu : thread->vcpus) {
    if (vcpu.since_ns <= at_ns && !vcpu.until_ns) {
      vcpu.until_ns = at_ns;
    }
  }
}

std::string FactStore::function(std::uint64_t address) const {
  const auto found = symbols_.find(address);
  return found == symbols_.end() ? fmt::format("{:#x}", address) : found->second;
}

bool FactStore::is_bg_timer(std::uint32_t tid, std::uint64_t at_ns, std::uint64_t hrtimer) const {
  const VcpuFact* fact = vcpu(tid, at_ns);
  return fact != nullptr && bg_timer_offset_ != 0 && fact->kvm_vcpu != 0 &&
         fact->kvm_vcpu + bg_timer_offset_ == hrtimer;
}

std::optional<std::uint32_t> FactStore::bg_timer_owner(std::uint64_t hrtimer) const {
  const auto found = bg_timers_.find(hrtimer);
  return found == bg_timers_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::uint32_t> FactStore::kvm_vcpu_owner(std::uint64_t kvm_vcpu) const {
  const auto found = kvm_vcpus_.find(kvm_vcpu);
  return found == kvm_vcpus_.end() ? std::nullopt : std::optional(found->second);
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

const VcpuFact* FactStore::vcpu(std::uint32_t tid, std::uint64_t at_ns) const {
  const Thread* found = threads_.find(tid);
  if (found == nullptr) {
    return nullptr;
  }
  const Thread& thread = *found;
  const auto then = began_by(thread.vcpus, at_ns);
  if (then != thread.vcpus.end() && (!then->until_ns || at_ns <= *then->until_ns)) {
    return &*then;
  }
  // It may have had its name only after it was first seen; but not where a thread of this number
  // ended in between.
  const auto next = std::ranges::upper_bound(thread.vcpus, at_ns, {}, &VcpuFact::since_ns);
  const bool ended_since = thread.exited_ns > at_ns;
  return next == thread.vcpus.end() || ended_since ? nullptr : &*next;
}

const VcpuFact* FactStore::vcpu_then(std::uint32_t tid, std::uint64_t at_ns) const {
  // An event's time is read before the name is sent that the same event needs.
  constexpr std::uint64_t kNamedWithinNs = 100'000;
  const VcpuFact* fact = vcpu(tid, at_ns);
  return fact != nullptr && fact->since_ns <= at_ns + kNamedWithinNs ? fact : nullptr;
}

std::vector<std::pair<std::uint32_t, const VcpuFact*>> FactStore::vcpus() const {
  std::vector<std::pair<std::uint32_t, const VcpuFact*>> all;
  for (const std::uint32_t tid : threads_.tids()) {
    for (const VcpuFact& vcpu : threads_.find(tid)->vcpus) {
      all.emplace_back(tid, &vcpu);
    }
  }
  return all;
}

VcpuIdentity FactStore::identity(std::uint32_t tid, std::uint64_t at_ns) const {
  const VcpuFact* fact = vcpu(tid, at_ns);
  if (fact == nullptr) {
    return {"?", std::nullopt, std::nullopt, tid};
  }
  const auto found = vms_.find(fact->vm);
  if (found == vms_.end()) {
    return {"?", std::nullopt, fact->index, tid};
  }
  const std::vector<Vm>& names = found->second;
  const auto then = began_by(names, at_ns);
  const Vm& vm = then == names.end() ? names.front() : *then;
  return {vm.name, vm.tgid, fact->index, tid};
}

std::vector<std::string> FactStore::vms() const {
  std::set<std::string> names;
  for (const auto& [key, history] : vms_) {
    for (const Vm& vm : history) {
      names.insert(vm.name);
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace wakepath::reconstruct
