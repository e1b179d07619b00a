// SPDX-License-Identifier: GPL-2.0-or-later
// Whom a wake woke. try_to_wake_up() does not tell: a later switch may. The wakee is a vCPU's
// thread where KVM woke it, a kworker where a queueing did; if, of all wakings of that sort since
// such a thread went to sleep, one is left to nobody when it is switched in, that was its own.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace wakepath::foreign::graph {

class WakeJoiner {
 public:
  enum class Wakee : std::uint8_t { vcpu, worker };

  struct Found {
    std::uint64_t waking{};  // number in the queue
    std::uint32_t last_cpu{};
  };

  // `line` orders.
  void waking(Wakee wakee, std::uint64_t number, std::uint64_t line);
  // It has woken nobody.
  void none(std::uint64_t number);
  void asleep(std::uint32_t tid, std::uint32_t cpu, std::uint64_t line);
  void runnable(std::uint32_t tid, std::uint32_t cpu);
  // It was asleep, and runs now. The waking that is surely its own.
  std::optional<Found> runs(Wakee sort, std::uint32_t tid, std::uint32_t cpu);
  // Nothing is known of its sleep.
  [[nodiscard]] bool unknown(std::uint32_t tid) const { return !threads_.contains(tid); }
  [[nodiscard]] bool sleeps(std::uint32_t tid) const;
  // Wakings may be lost.
  void forget();

 private:
  struct Open {
    Wakee wakee{};
    std::uint64_t number{};
    std::uint64_t line{};
  };
  struct Thread {
    bool asleep{false};
    std::uint32_t cpu{};
    std::uint64_t since{};
  };

  std::vector<Open> open_;
  std::unordered_map<std::uint32_t, Thread> threads_;
};

}  // namespace wakepath::foreign::graph
