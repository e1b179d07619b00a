// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/graph/work_joiner.hpp"

#include <algorithm>
#include <array>

#include "import/graph/line.hpp"

namespace wakepath::foreign::graph {

namespace {

constexpr std::size_t kOpenItems = 64;  // of a kind on a CPU

struct Pair {
  std::string_view by;  // a function around the queueing
  std::string_view function;
};

// 0 is the kind of all others.
constexpr std::array kPairs{
    Pair{"kvm_timer_expire", "kvm_timer_inject_irq_work"},     // virt/kvm/arm/arch_timer.c, 4.14
    Pair{"kvm_bg_timer_expire", "kvm_timer_inject_irq_work"},  // the same, 4.15 to 4.20
    Pair{"irqfd_wakeup", "irqfd_inject"},                      // virt/kvm/eventfd.c
    Pair{"aio_poll_wake", "aio_poll_complete_work"},           // fs/aio.c
    Pair{"aio_poll_wake", "aio_poll_put_work"},
};

std::uint32_t kind_of_function(std::string_view function) {
  const auto found = std::find_if(kPairs.begin(), kPairs.end(), [&](const Pair& pair) {
    return pair.function == base_name(function);
  });
  if (found == kPairs.end()) {
    return 0;
  }
  // Two works of one queuer may be either.
  const auto first = std::find_if(kPairs.begin(), kPairs.end(),
                                  [&](const Pair& pair) { return pair.by == found->by; });
  const auto same = std::find_if(kPairs.begin(), kPairs.end(), [&](const Pair& pair) {
    return pair.function == first->function;
  });
  return 1 + static_cast<std::uint32_t>(same - kPairs.begin());
}

std::uint32_t kind_of_queueing(std::span<const Frame> stack) {
  for (auto frame = stack.rbegin(); frame != stack.rend(); ++frame) {
    for (const Pair& pair : kPairs) {
      if (pair.by == base_name(frame->name)) {
        return kind_of_function(pair.function);
      }
    }
  }
  return 0;
}

}  // namespace

void WorkJoiner::queued(std::uint32_t cpu, std::uint64_t id, std::span<const Frame> stack,
                        bool woke_worker) {
  std::deque<std::uint64_t>& open = open_[Kind{cpu, kind_of_queueing(stack)}];
  if (woke_worker) {
    open.clear();
  } else if (open.empty()) {
    return;
  }
  if (open.size() < kOpenItems) {
    open.push_back(id);
  }
}

std::optional<std::uint64_t> WorkJoiner::started(std::uint32_t cpu, std::string_view function) {
  const std::uint32_t kind = kind_of_function(function);
  const auto found = open_.find(Kind{cpu, kind});
  if (found == open_.end() || found->second.empty() || (kind == 0 && found->second.size() > 1)) {
    return std::nullopt;
  }
  const std::uint64_t id = found->second.front();
  found->second.pop_front();
  return id;
}

void WorkJoiner::forget(std::uint32_t cpu) {
  std::erase_if(open_, [&](const auto& entry) { return entry.first.cpu == cpu; });
}

}  // namespace wakepath::foreign::graph
