// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/perfetto_wakes.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "analysis/histogram.hpp"
#include "analysis/total_kind.hpp"

namespace wakepath::exports::perfetto {

namespace {

using track_event::Type;

constexpr std::uint64_t kSecond = 1'000'000'000;
// Wakes are told about in the order of their ends. No hold-back is longer than a second.
constexpr std::size_t kSecondsOpen = 4;

std::string text_of(const Flags& flags) {
  std::string text;
  for (std::size_t n = 0; n < kFlags; ++n) {
    const auto flag = static_cast<Flag>(n);
    if (flags.has(flag)) {
      text += text.empty() ? "" : " ";
      text += name_of(flag);
    }
  }
  return text;
}

// trace_processor makes '_' of these characters in the name of an entry, because they part the
// names of nested ones. Of two entries with the same name after that it keeps one.
std::string name_of_blame(const Blame& blame) {
  std::string text(name_of(blame.kind));
  if (!blame.what.empty()) {
    text += '(';
    text += blame.what;
    text += ')';
  }
  std::ranges::replace_if(
      text, [](char c) { return c == '.' || c == '[' || c == ']'; }, '_');
  return text;
}

// A dictionary has each name once: tasks of one name are one entry.
std::map<std::string, std::uint64_t> by_name(const std::vector<Blame>& all) {
  std::map<std::string, std::uint64_t> sums;
  for (const Blame& blame : all) {
    sums[name_of_blame(blame)] += blame.ns;
  }
  return sums;
}

}  // namespace

void WakeSlices::slice_end(Track track, std::uint64_t at_ns) {
  packets_.add(TrackEvent(packets_, Type::slice_end, track), at_ns);
}

void WakeSlices::stage(const Stage& stage, Track track, const WakeChain* ends_at) {
  TrackEvent begin(packets_, Type::slice_begin, track);
  begin.name(name_of(stage.kind)).note("cpu", std::uint64_t{stage.cpu});
  if (!stage.actor.empty()) {
    begin.note("actor", std::string_view(stage.actor));
  }
  if (!stage.blame.empty()) {
    begin.notes("blame", [&](const TrackEvent::Entry& entry) {
      for (const auto& [name, ns] : by_name(stage.blame)) {
        entry(name, ns);
      }
    });
  }
  if (ends_at != nullptr) {
    begin.flow(ends_at->id, true).correlation(ends_at->id);
  }
  packets_.add(begin, stage.begin_ns);
  // They lie inside their stage, one behind the other; where one does not, none is shown, for
  // slices that cross are no slices.
  std::uint64_t from = stage.begin_ns;
  const bool nested = std::ranges::all_of(stage.sub, [&](const SubStage& sub) {
    const bool inside = sub.begin_ns >= from && sub.end_ns >= sub.begin_ns;
    from = sub.end_ns;
    return inside && sub.end_ns <= stage.end_ns;
  });
  for (const SubStage& sub : stage.sub) {
    if (nested) {
      packets_.add(TrackEvent(packets_, Type::slice_begin, track).name(sub.name), sub.begin_ns);
      slice_end(track, sub.end_ns);
    }
  }
  slice_end(track, stage.end_ns);
}

// The arrow goes from one to the next, and ends in the vCPU's last stage.
void WakeSlices::hops(const WakeChain& chain) {
  for (const Hop& hop : chain.hops) {
    if (hop.kind == HopKind::vcpu) {
      continue;
    }
    TrackEvent at(packets_, Type::instant, tracks_.causes(hop.cpu));
    at.name(hop.name.empty() ? name_of(hop.kind) : std::string_view(hop.name))
        .note("kind", name_of(hop.kind))
        .note("wake", chain.id);
    if (hop.tid) {
      at.note("tid", std::uint64_t{*hop.tid});
    }
    packets_.add(at.flow(chain.id, false).correlation(chain.id), hop.at_ns);
  }
}

void WakeSlices::wake(const WakeChain& chain) {
  ++wakes_;
  Tracks::Vcpu& vcpu = tracks_.vcpu(chain.who);
  hops(chain);
  const Track track = tracks_.lane(vcpu, chain.begin_ns, chain.end_ns);
  TrackEvent begin(packets_, Type::slice_begin, track);
  begin.name(chain.path)
      .note("wake", chain.id)
      .note("total_ns", chain.total_ns())
      .note("complete", chain.complete())
      .note("root", name_of(chain.root.kind))
      .note("ends_at", name_of(chain.ends_at));
  if (const auto kind = analysis::total_kind(chain)) {
    begin.note("total", analysis::name_of(*kind));
  }
  if (chain.root.irq) {
    begin.note("irq", std::uint64_t{*chain.root.irq});
  }
  if (chain.root.interrupt && !chain.root.interrupt->device.empty()) {
    begin.note("device", std::string_view(chain.root.interrupt->device));
  }
  if (chain.blocked_ns) {
    begin.note("blocked_ns", *chain.blocked_ns);
  }
  if (chain.ran_ns) {
    begin.note("ran_ns", *chain.ran_ns);
  }
  if (const std::string flags = text_of(chain.flags); !flags.empty()) {
    begin.note("flags", std::string_view(flags));
  }
  packets_.add(begin.correlation(chain.id), chain.begin_ns);
  for (const Stage& one : chain.stages) {
    stage(one, track, &one == &chain.stages.back() ? &chain : nullptr);
  }
  slice_end(track, chain.end_ns);
  vcpu.vm->totals.add(chain, target_ns_);
  count(chain);
}

void WakeSlices::delivery(const Delivery& delivery) {
  Tracks::Vcpu& vcpu = tracks_.vcpu(delivery.who);
  const Track track = tracks_.lane(vcpu, delivery.begin_ns, delivery.end_ns);
  packets_.add(TrackEvent(packets_, Type::slice_begin, track).name("delivery"), delivery.begin_ns);
  for (const Stage& one : delivery.stages) {
    stage(one, track, nullptr);
  }
  slice_end(track, delivery.end_ns);
}

void WakeSlices::count(const WakeChain& chain) {
  Second& second = seconds_[chain.end_ns / kSecond];
  ++second.wakes;
  second.totals.add(chain, target_ns_);
  while (seconds_.size() > kSecondsOpen) {
    tell_second(seconds_.begin()->first, seconds_.begin()->second);
    seconds_.erase(seconds_.begin());
  }
}

// A value holds from its time on: the next second, where nothing woke, begins with 0.
void WakeSlices::tell_second(std::uint64_t second, const Second& counts) {
  if (rate_ == 0) {
    rate_ = tracks_.add_counter("wakes in this second", counter::kUnitCount);
    if (target_ns_ != 0) {
      slow_ = tracks_.add_counter("slow in this second", counter::kUnitCount);
    }
    p99_ = tracks_.add_counter("p99, last second with 100 wakes", counter::kUnitNs);
  }
  const auto tell = [&](Track track, std::uint64_t value, std::uint64_t at) {
    packets_.add(TrackEvent(packets_, Type::counter, track).value(static_cast<std::int64_t>(value)),
                 at * kSecond);
  };
  const auto tell_count = [&](Track track, std::uint64_t count) {
    tell(track, count, second);
    if (!seconds_.contains(second + 1)) {
      tell(track, 0, second + 1);
    }
  };
  tell_count(rate_, counts.wakes);
  if (slow_ != 0) {
    tell_count(slow_, counts.totals.over());
  }
  if (const auto& totals = counts.totals.most();
      totals.count() >= analysis::needed_for_quantile(0.99)) {
    tell(p99_, totals.quantile(0.99), second);
  }
}

void WakeSlices::finish() {
  for (const auto& [second, counts] : seconds_) {
    tell_second(second, counts);
  }
  seconds_.clear();
}

}  // namespace wakepath::exports::perfetto
