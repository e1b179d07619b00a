// SPDX-License-Identifier: GPL-2.0-or-later
// The part of the lanes that a wake needs, with the names that are known when it is told.
#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "reconstruct/labels.hpp"
#include "report/lanes.hpp"

namespace wakepath::report {

namespace {

// A span that would be narrower than a pixel is not told apart from its neighbours.
constexpr std::uint64_t kMostSpans = 1200;  // of a wake

std::set<std::uint32_t> cpus_of(const WakeChain& chain) {
  std::set<std::uint32_t> cpus;
  if (chain.root.cpu) {
    cpus.insert(*chain.root.cpu);
  }
  for (const Hop& hop : chain.hops) {
    cpus.insert(hop.cpu);
  }
  for (const Stage& stage : chain.stages) {
    cpus.insert(stage.cpu);
  }
  for (const Mark& mark : chain.marks) {
    if (mark.at_ns <= chain.end_ns) {
      cpus.insert(mark.cpu);
    }
  }
  return cpus;
}

// Short ones in a row, as one.
class Crowd {
 public:
  using Name = std::function<std::string(std::size_t, std::uint64_t)>;  // place, begin
  // `name` gives that of the span at this place: most of those here need none, and it takes time.
  Crowd(std::vector<LaneSpan>& to, Name name) : to_(to), name_(std::move(name)) {}

  void add(const LaneSpan& span, std::size_t place) {
    const std::uint64_t ns = span.end_ns - span.begin_ns;
    kinds_[static_cast<std::size_t>(span.kind)] += ns;
    if (count_ == 0) {
      first_ = span;
      first_place_ = place;
    } else {
      first_.end_ns = span.end_ns;
    }
    ++count_;
  }
  [[nodiscard]] bool has_grown_to(std::uint64_t ns) const {
    return count_ != 0 && first_.end_ns - first_.begin_ns >= ns;
  }
  // It is the kind's that had most of its time.
  void end() {
    if (count_ > 1) {
      first_.count = count_;
      const auto most = std::ranges::max_element(kinds_);
      first_.kind = static_cast<LaneKind>(most - kinds_.begin());
    } else if (count_ == 1) {
      first_.name = name_(first_place_, first_.begin_ns);
    }
    if (count_ != 0) {
      to_.push_back(std::move(first_));
    }
    first_ = {};
    kinds_ = {};
    count_ = 0;
  }

 private:
  std::vector<LaneSpan>& to_;
  Name name_;
  LaneSpan first_;
  std::size_t first_place_{0};
  std::array<std::uint64_t, kLaneKinds> kinds_{};
  std::uint64_t count_{0};
};

}  // namespace

std::string_view name_of(LaneKind kind) {
  switch (kind) {
    case LaneKind::unknown:
      return "unknown";
    case LaneKind::idle:
      return "idle";
    case LaneKind::leaving_idle:
      return "waking";
    case LaneKind::guest:
      return "guest";
    case LaneKind::vcpu:
      return "vcpu";
    case LaneKind::task:
      return "task";
    case LaneKind::kthread:
      return "kthread";
    case LaneKind::work:
      return "work";
    case LaneKind::softirq:
      return "softirq";
    case LaneKind::timer:
      return "timer";
    case LaneKind::irq:
      return "irq";
    case LaneKind::ipi:
      return "ipi";
  }
  return "";
}

std::string_view word_of(LaneKind kind) {
  switch (kind) {
    case LaneKind::unknown:
      return "not known";
    case LaneKind::leaving_idle:
      return "leaving idle";
    case LaneKind::guest:
      return "in the guest";
    case LaneKind::vcpu:
      return "vCPU thread";
    case LaneKind::kthread:
      return "kernel thread";
    case LaneKind::work:
      return "work item";
    case LaneKind::timer:
      return "timer callback";
    case LaneKind::irq:
      return "interrupt";
    case LaneKind::ipi:
      return "IPI";
    case LaneKind::idle:
    case LaneKind::task:
    case LaneKind::softirq:
      break;
  }
  return name_of(kind);
}

std::string LaneRecorder::name_of_thing(const Thing& thing, std::uint64_t at_ns) const {
  switch (thing.kind) {
    case LaneKind::unknown:
    case LaneKind::leaving_idle:
      return "";
    case LaneKind::idle:
      return thing.number == reconstruct::kNoIdleState ? "" : fmt::format("state {}", thing.number);
    case LaneKind::irq: {
      const reconstruct::IrqAction* const action = facts_->irq(thing.function);
      const std::string number =
          thing.number == WP_IRQ_UNKNOWN ? "" : fmt::format(" (irq {})", thing.number);
      return action != nullptr     ? action->name() + number
             : thing.function == 0 ? std::string("local_timer")
                                   : "irq" + number;
    }
    case LaneKind::ipi:
      return std::string(reconstruct::ipi_label(thing.number));
    case LaneKind::softirq:
      return reconstruct::softirq_label(thing.number);
    case LaneKind::timer:
      return facts_->function(thing.function);
    case LaneKind::guest:
    case LaneKind::vcpu:
    case LaneKind::task:
    case LaneKind::kthread:
    case LaneKind::work:
      break;
  }
  std::string thread;
  if (const auto known = threads_.find(thing.number); known != threads_.end()) {
    thread = known->second.comm;
  } else if (const std::string* const told = facts_->thread_name(thing.number)) {
    thread = *told;
  }
  thread += fmt::format("{}tid {}{}", thread.empty() ? "" : " (", thing.number,
                        thread.empty() ? "" : ")");
  if (thing.kind == LaneKind::work) {
    return facts_->function(thing.function) + " in " + thread;
  }
  if (const reconstruct::VcpuThread* const vcpu = facts_->vcpu(thing.number, at_ns)) {
    const VcpuIdentity who = facts_->identity(thing.number, at_ns);
    return fmt::format("{} vCPU {} ({})", who.vm == "?" ? "unknown VM" : who.vm, vcpu->index,
                       thread);
  }
  return thread;
}

std::vector<LaneSpan> LaneRecorder::spans_of(std::vector<Span> found, const Lanes& window,
                                             std::uint64_t least_ns) const {
  // They come with the latest first, those of a CPU in their order.
  std::ranges::reverse(found);
  if (!std::ranges::is_sorted(found, {}, &Span::begin_ns)) {
    std::ranges::stable_sort(found, {}, &Span::begin_ns);
  }
  std::vector<LaneSpan> all;
  const auto name = [&](std::size_t place, std::uint64_t begin_ns) {
    return name_of_thing(found[place].thing, begin_ns);
  };
  Crowd crowd(all, name);
  std::uint64_t from = window.begin_ns;
  for (std::size_t place = 0; place < found.size(); ++place) {
    const Span& span = found[place];
    LaneSpan one{
        std::max(span.begin_ns, from), std::min(span.end_ns, window.end_ns), span.thing.kind, {}};
    if (one.end_ns <= one.begin_ns) {
      continue;
    }
    from = one.end_ns;
    if (one.end_ns - one.begin_ns >= least_ns) {
      crowd.end();
      one.name = name(place, one.begin_ns);
      all.push_back(std::move(one));
      continue;
    }
    if (crowd.has_grown_to(least_ns)) {
      crowd.end();
    }
    crowd.add(one, place);
  }
  crowd.end();
  return all;
}

Lanes LaneRecorder::around(const WakeChain& chain) {
  constexpr std::uint64_t kPart = 16;  // of the wake, before it and after
  constexpr std::uint64_t kShare = 4;  // of the looks: the next wake may be a worse one
  Lanes out;
  const std::uint64_t margin = std::max<std::uint64_t>(chain.total_ns() / kPart, 1000);
  out.begin_ns = chain.begin_ns - std::min(margin, chain.begin_ns);
  out.end_ns = chain.end_ns + std::min(margin, UINT64_MAX - chain.end_ns);
  std::set<std::uint32_t> numbers = cpus_of(chain);
  while (numbers.size() > kMostLanes) {
    ++out.more_cpus;
    numbers.erase(std::prev(numbers.end()));
  }
  std::vector<std::pair<std::uint32_t, std::vector<Span>>> found;
  found.reserve(numbers.size());
  for (const std::uint32_t number : numbers) {
    found.emplace_back(number, std::vector<Span>{});
  }
  const auto of = [&found](std::uint32_t number) -> std::vector<Span>* {
    const auto lane =
        std::ranges::find(found, number, &std::pair<std::uint32_t, std::vector<Span>>::first);
    return lane == found.end() ? nullptr : &lane->second;
  };
  // What goes on still.
  for (const std::uint32_t number : numbers) {
    if (number < cpus_.size() && cpus_[number].since_ns != 0 &&
        cpus_[number].since_ns < out.end_ns) {
      const Cpu& on = cpus_[number];
      of(number)->push_back({on.since_ns, out.end_ns, 0, on.thing, number});
    }
  }
  looks_ += kLooksOfWake;
  const std::uint64_t most = looks_ / kShare;
  std::uint64_t known_ns = forgotten_ns_;
  std::uint64_t looked = 0;
  for (auto span = kept_.rbegin(); span != kept_.rend() && span->told_ns >= out.begin_ns; ++span) {
    if (++looked > most) {
      // None that is older ends later.
      known_ns = std::max(known_ns, span->told_ns);
      break;
    }
    std::vector<Span>* const lane = span->end_ns >= out.begin_ns ? of(span->cpu) : nullptr;
    if (lane != nullptr && span->begin_ns <= out.end_ns) {
      lane->push_back(*span);
    }
  }
  looks_ -= std::min(looked, looks_);
  if (known_ns > out.begin_ns) {
    out.known_from_ns = std::min(known_ns, out.end_ns);
  }
  const std::uint64_t least_ns =
      (out.end_ns - out.begin_ns) / kMostSpans * std::max<std::size_t>(found.size(), 1);
  for (auto& [number, spans] : found) {
    out.cpus.push_back({number, spans_of(std::move(spans), out, least_ns)});
  }
  return out;
}

}  // namespace wakepath::report
