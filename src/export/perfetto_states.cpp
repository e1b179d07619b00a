// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/perfetto_states.hpp"

#include <algorithm>
#include <string_view>

namespace wakepath::exports::perfetto {

namespace {

using track_event::Type;

constexpr const char* kBlocked = "blocked";
constexpr const char* kWaking = "waking";
constexpr const char* kEntering = "entering";
constexpr const char* kInGuest = "in guest";
constexpr const char* kInHost = "in host";
constexpr const char* kPreempted = "preempted";

}  // namespace

void VcpuStates::event(const Event& event) {
  switch (event.kind) {
    case WP_EVENT_SWITCH:
      return switched(event);
    case WP_EVENT_WAKING: {
      // One that is awake, or already being woken, stays what it is.
      const auto state = states_.find(event.payload.wake.tid);
      if (state != states_.end() && state->second.name == kBlocked) {
        set(event.payload.wake.tid, kWaking, event.time_ns);
      }
      return;
    }
    case WP_EVENT_KVM_ENTRY:
      return set(event.tid, kInGuest, event.time_ns);
    case WP_EVENT_KVM_EXIT:
      return set(event.tid, kInHost, event.time_ns);
    default:
      return;
  }
}

void VcpuStates::switched(const Event& event) {
  const wp_switch& change = event.payload.sched_switch;
  const bool runnable = change.preempt != 0 || change.prev_state == 0;
  set(event.tid, runnable ? kPreempted : kBlocked, event.time_ns);
  set(change.next_tid, kEntering, event.time_ns);
}

void VcpuStates::set(std::uint32_t tid, const char* name, std::uint64_t at_ns) {
  if (tid == 0 || facts_->vcpu(tid, at_ns) == nullptr) {
    return;
  }
  const auto [place, is_new] = states_.try_emplace(tid);
  State& state = place->second;
  if (state.name == name) {
    return;
  }
  if (state.name == nullptr) {
    known_.push_back(tid);
  }
  end(state, at_ns);
  if (is_new) {
    state.track = tracks_.vcpu(facts_->identity(tid, at_ns)).states;
  }
  state.name = name;
  state.since_ns = at_ns;
  packets_.add(TrackEvent(packets_, Type::slice_begin, state.track).name(name), at_ns);
}

void VcpuStates::end(State& state, std::uint64_t at_ns) {
  if (state.name != nullptr) {
    packets_.add(TrackEvent(packets_, Type::slice_end, state.track),
                 std::max(at_ns, state.since_ns));
    state.name = nullptr;
  }
}

void VcpuStates::forget(std::uint64_t at_ns) {
  std::ranges::sort(known_);  // in one order everywhere
  for (const std::uint32_t tid : known_) {
    end(states_.at(tid), at_ns);
  }
  known_.clear();
}

}  // namespace wakepath::exports::perfetto
