// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/graph/wake_joiner.hpp"

#include <algorithm>

namespace wakepath::foreign::graph {

namespace {

constexpr std::size_t kOpen = 256;
constexpr std::size_t kThreads = 16'384;

}  // namespace

void WakeJoiner::waking(Wakee wakee, std::uint64_t number, std::uint64_t line) {
  if (open_.size() >= kOpen) {
    open_.erase(open_.begin());
  }
  open_.push_back(Open{wakee, number, line});
}

void WakeJoiner::none(std::uint64_t number) {
  std::erase_if(open_, [&](const Open& open) { return open.number == number; });
}

void WakeJoiner::asleep(std::uint32_t tid, std::uint32_t cpu, std::uint64_t line) {
  if (threads_.size() >= kThreads) {
    threads_.clear();
  }
  threads_[tid] = Thread{true, cpu, line};
}

void WakeJoiner::runnable(std::uint32_t tid, std::uint32_t cpu) {
  if (threads_.size() >= kThreads) {
    threads_.clear();
  }
  threads_[tid] = Thread{false, cpu, 0};
}

bool WakeJoiner::sleeps(std::uint32_t tid) const {
  const auto found = threads_.find(tid);
  return found != threads_.end() && found->second.asleep;
}

std::optional<WakeJoiner::Found> WakeJoiner::runs(Wakee sort, std::uint32_t tid,
                                                  std::uint32_t cpu) {
  const auto known = threads_.find(tid);
  const Thread thread = known == threads_.end() ? Thread{true, cpu, 0} : known->second;
  runnable(tid, cpu);
  const auto may_be = [&](const Open& open) {
    return open.wakee == sort && open.line >= thread.since;
  };
  const auto first = std::find_if(open_.begin(), open_.end(), may_be);
  if (first == open_.end()) {
    return std::nullopt;
  }
  const Found found{first->number, thread.cpu};
  const bool several = std::any_of(std::next(first), open_.end(), may_be);
  // One of several is its own, and which ones are left for others is not known either.
  std::erase_if(open_, may_be);
  return several ? std::nullopt : std::optional(found);
}

void WakeJoiner::forget() {
  open_.clear();
  threads_.clear();
}

}  // namespace wakepath::foreign::graph
