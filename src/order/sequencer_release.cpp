// SPDX-License-Identifier: GPL-2.0-or-later
// What the sequencer holds, told: losses, events and reports older than a watermark.
#include <algorithm>
#include <tuple>
#include <vector>

#include "order/event_sequencer.hpp"

namespace wakepath::order {

// A queue keeps the memory that it had once, for what comes next.
void EventSequencer::release_memory() {
  if (spare_bytes() <= limit_bytes_ / 8) {
    return;
  }
  for (Cpu& cpu : cpus_) {
    cpu.queue.shrink();
    recount(cpu);
  }
}

void EventSequencer::find_ready(std::uint64_t watermark) {
  ready_.clear();
  while (!due_.empty() && due_.top().first < watermark) {
    const auto [ns, number] = due_.top();
    due_.pop();
    if (cpus_[number].due_ns == ns) {
      cpus_[number].due_ns = UINT64_MAX;
      ready_.push_back(number);
    }
  }
}

void EventSequencer::give_up_holes(std::uint64_t watermark) {
  for (const std::uint32_t number : ready_) {
    for (const Arrivals::Hole& hole : cpus_[number].arrivals.give_up_before(watermark)) {
      count(totals_.lost, hole.events());
      add_loss({number, hole.between.begin_ns, hole.between.end_ns, hole.events(),
                LossInterval::Kind::lost});
    }
  }
}

void EventSequencer::tell_losses(std::uint64_t watermark) {
  while (!losses_.empty() && losses_.begin()->second.begin_ns < watermark) {
    sink_.loss(losses_.begin()->second);
    losses_.erase(losses_.begin());
  }
}

void EventSequencer::tell_events(std::uint64_t watermark) {
  const auto reports_end = reports_.lower_bound(watermark);
  auto report = reports_.begin();

  struct Next {
    std::uint64_t time_ns;
    std::uint32_t cpu;
    const Event* event;
    const Event* end;
  };
  const auto younger = [](const Next& a, const Next& b) {
    return std::tie(a.time_ns, a.cpu) > std::tie(b.time_ns, b.cpu);
  };
  std::vector<Next> heap;
  for (const std::uint32_t number : ready_) {
    const auto events = cpus_[number].queue.older_than(watermark);
    held_events_ -= events.size();
    if (!events.empty()) {
      heap.push_back(
          {events.front().time_ns, number, events.data(), events.data() + events.size()});
    }
  }
  std::ranges::make_heap(heap, younger);
  while (!heap.empty()) {
    if (is_stopped()) {
      std::uint64_t left = 0;
      for (const Next& next : heap) {
        left += static_cast<std::uint64_t>(next.end - next.event);
      }
      leave_out(left, heap.front().time_ns, watermark);
      break;
    }
    std::ranges::pop_heap(heap, younger);
    Next next = heap.back();
    heap.pop_back();
    // As long as no other CPU has an older one.
    do {
      while (report != reports_end && report->first <= next.time_ns) {
        sink_.guest_report((report++)->second);
      }
      sink_.event(*next.event++);
      next.time_ns = next.event == next.end ? UINT64_MAX : next.event->time_ns;
    } while (next.event != next.end && !is_stopped() &&
             (heap.empty() || younger(heap.front(), next)));
    if (next.event != next.end) {
      heap.push_back(next);
      std::ranges::push_heap(heap, younger);
    }
  }
  while (report != reports_end) {
    sink_.guest_report((report++)->second);
  }
  while (reports_.begin() != reports_end) {
    held_bytes_ -= kReportBytes;
    reports_.erase(reports_.begin());
  }
  for (const std::uint32_t number : ready_) {
    Cpu& of = cpus_[number];
    of.queue.drop();
    recount(of);
    holds(of, number);
  }
  release_memory();
}

bool EventSequencer::is_stopped() {
  constexpr std::uint64_t kAskedEach = 1024;
  // What a capture holds at its end, at most: it is to be seen.
  constexpr std::uint64_t kToldAfterStop = 16'384;
  if (stop_seen_) {
    return ++told_since_stop_ > kToldAfterStop;
  }
  if (stopped_ && until_asked_-- == 0) {
    until_asked_ = kAskedEach;
    stop_seen_ = stopped_();
  }
  return false;
}

void EventSequencer::leave_out(std::uint64_t events, std::uint64_t begin_ns, std::uint64_t end_ns) {
  count(totals_.lost, events);
  sink_.loss(
      {std::nullopt, begin_ns, std::min(end_ns, kOpenEnd), events, LossInterval::Kind::lost});
}

void EventSequencer::release(std::uint64_t watermark) {
  if (watermark <= watermark_) {
    return;
  }
  find_ready(watermark);
  give_up_holes(watermark);
  tell_losses(watermark);
  tell_events(watermark);
  watermark_ = watermark;
  sink_.advanced_to(watermark == UINT64_MAX ? end_ns_ : watermark);
}

}  // namespace wakepath::order
