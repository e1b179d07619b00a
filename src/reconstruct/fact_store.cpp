// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/fact_store.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "record/event_table.hpp"

namespace wakepath::reconstruct {

namespace {

// A wake is told some 300 ms after it began; a thread that is another vCPU's more often than that
// loses its oldest names.
constexpr std::size_t kKept = 16;

// More than any host has. A file may claim what it likes.
constexpr std::size_t kMostEvents = 256;  // also those that a newer version may add
constexpr std::size_t kMostVms = 65'536;
constexpr std::size_t kMostThreads = 131'072;  // of vCPUs
constexpr std::size_t kMostIrqs = 65'536;
constexpr std::size_t kMostSymbols = 524'288;
constexpr std::size_t kMostPrograms = 1024;

std::optional<std::uint64_t> known(std::uint64_t value) {
  return value == 0 ? std::nullopt : std::optional(value);
}

// The names by time: a new name takes the place of the one of the same time.
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

// A VM must not have a name that means something else in the output.
std::string vm_name(const std::string& given, std::uint32_t tgid) {
  const bool has_a_meaning = given.empty() || given == "?" || given == "*";
  return has_a_meaning ? fmt::format("{} (pid {})", given, tgid) : given;
}

}  // namespace

void FactStore::add(const Fact& fact) {
  std::visit([this](const auto& one) { add(one); }, fact);
}

void FactStore::add(const HostFact& fact) {
  header_.kernel = fact.kernel;
  header_.arch = fact.arch;
  header_.wakepath = fact.wakepath;
  header_.cpus = fact.cpus;
  header_.counter_hz = known(fact.counter_hz);
  header_.command = fact.options;
  bg_timer_offset_ = fact.bg_timer_offset;
  realtime_offsets_.at_begin(fact.realtime_offset_ns);
}

void FactStore::add(const EventFact& fact) {
  if (!has_room(events_, fact.event, kMostEvents)) {
    return;
  }
  const auto [at, added] = events_.try_emplace(fact.event, header_.events.size());
  if (added) {
    header_.events.emplace_back();
  }
  header_.events[at->second] = {fact.event, fact.enabled, fact.reason};
  const auto row = std::ranges::find(record::kEventTable, fact.event, &record::EventRow::name);
  if (row != record::kEventTable.end()) {
    seen_[row->kind] = fact.enabled;
  }
}

void FactStore::add(const VmFact& fact) {
  if (!has_room(vms_, fact.key, kMostVms)) {
    return;
  }
  insert(vms_[fact.key], Vm{fact.tgid, vm_name(fact.name, fact.tgid), fact.since_ns});
}

void FactStore::add(const VcpuFact& fact) {
  if (threads_.size() >= kMostThreads && threads_.find(fact.tid) == nullptr) {
    ++left_out_;
    return;
  }
  // Old addresses of threads that are there may be as many again, and more.
  if (kvm_vcpus_.size() >= 4 * kMostThreads) {
    kvm_vcpus_.clear();
    bg_timers_.clear();
  }
  if (bg_timer_offset_ != 0 && fact.kvm_vcpu != 0) {
    bg_timers_[fact.kvm_vcpu + bg_timer_offset_] = fact.tid;
  }
  if (fact.kvm_vcpu != 0) {
    kvm_vcpus_[fact.kvm_vcpu] = fact.tid;
  }
  insert(threads_[fact.tid].vcpus, VcpuThread{fact.vm, fact.index, fact.kvm_vcpu, fact.thread,
                                              fact.since_ns, std::nullopt, fact.state});
}

// The same interrupt is told again and again. It is kept once, and all wakes share it.
void FactStore::add(const IrqFact& fact) {
  if (!has_room(irqs_, fact.action, kMostIrqs)) {
    return;
  }
  IrqAction& action = irqs_[fact.action];
  if (!action.interrupt || *action.interrupt != fact.interrupt) {
    action.guest_timer = fact.interrupt.action.starts_with("kvm guest ");
    action.interrupt = std::make_shared<const Interrupt>(fact.interrupt);
  }
}

void FactStore::add(const SymbolFact& fact) {
  if (has_room(symbols_, fact.address, kMostSymbols)) {
    symbols_[fact.address] = fact.name;
  }
}

void FactStore::add(const ProgramFact& fact) {
  if (programs_.size() >= kMostPrograms) {
    ++left_out_;
    return;
  }
  programs_.push_back({fact.name, fact.runs, fact.run_time_ns, fact.misses});
}

void FactStore::add(const CaptureFact& fact) {
  ring_bytes_ = fact.ring_bytes;
  naming_attempts_ = fact.naming_attempts;
}

void FactStore::add(const ClockFact& fact) {
  if (!clock_ || fact.monotonic_ns > clock_->ns) {
    clock_before_ = clock_;
    clock_ = {fact.counter, fact.monotonic_ns};
  }
}

void FactStore::add(const TimeOfDayFact& fact) {
  realtime_offsets_.jumped(fact.since_ns, fact.realtime_offset_ns);
}

void FactStore::add(const CostFact& fact) {
  cost_ = {fact.elapsed_ns, fact.runs, known(fact.run_ps), fact.reader_ns, fact.sampled};
}

void FactStore::add(const TraceFact& fact) {
  header_.trace = TraceOrigin{fact.form, fact.clock, fact.resolution_ns, fact.untimed};
}

void FactStore::add(const ThreadFact& fact) {
  constexpr std::size_t kMostNames = 100'000;
  if (thread_names_.size() < kMostNames) {
    thread_names_[fact.tid] = fact.name;
  }
}

void FactStore::exited(std::uint32_t tid, std::uint64_t at_ns) {
  thread_names_.erase(tid);
  Thread* thread = threads_.find(tid);
  if (thread == nullptr) {
    return;
  }
  thread->exited_ns = at_ns;
  for (VcpuThread& vcpu : thread->vcpus) {
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
  const VcpuThread* fact = vcpu(tid, at_ns);
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

// Two actions may have one number and name: that of which more is known is told.
std::map<std::pair<std::uint32_t, std::string>, InterruptPtr> FactStore::interrupts() const {
  std::map<std::pair<std::uint32_t, std::string>, InterruptPtr> known;
  for (const auto& [address, action] : irqs_) {
    InterruptPtr& one = known[{action.interrupt->irq, action.interrupt->action}];
    if (!one || one->device_or_address().empty()) {
      one = action.interrupt;
    }
  }
  return known;
}

const IrqAction* FactStore::irq(std::uint64_t action) const {
  const auto found = irqs_.find(action);
  return found == irqs_.end() ? nullptr : &found->second;
}

const VcpuThread* FactStore::vcpu(std::uint32_t tid, std::uint64_t at_ns) const {
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
  const auto next = std::ranges::upper_bound(thread.vcpus, at_ns, {}, &VcpuThread::since_ns);
  const bool ended_since = thread.exited_ns > at_ns;
  return next == thread.vcpus.end() || ended_since ? nullptr : &*next;
}

const VcpuThread* FactStore::vcpu_then(std::uint32_t tid, std::uint64_t at_ns) const {
  // An event's time is read before the name is sent that the same event needs.
  constexpr std::uint64_t kNamedWithinNs = 100'000;
  const VcpuThread* fact = vcpu(tid, at_ns);
  return fact != nullptr && fact->since_ns <= at_ns + kNamedWithinNs ? fact : nullptr;
}

std::vector<std::pair<std::uint32_t, const VcpuThread*>> FactStore::vcpus() const {
  std::vector<std::pair<std::uint32_t, const VcpuThread*>> all;
  for (const std::uint32_t tid : threads_.tids()) {
    for (const VcpuThread& vcpu : threads_.find(tid)->vcpus) {
      all.emplace_back(tid, &vcpu);
    }
  }
  return all;
}

VcpuIdentity FactStore::identity(std::uint32_t tid, std::uint64_t at_ns) const {
  const VcpuThread* fact = vcpu(tid, at_ns);
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
