// SPDX-License-Identifier: GPL-2.0-or-later
// Whom a wake woke. try_to_wake_up() does not tell: a later switch may. The wakee is a vCPU's
// thread where KVM woke it, a kworker where a queueing did; if, of all wakings of that sort since
// such a thread went to sleep, one is left to nobody when it is switched in, that was its own.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "import/graph/calls.hpp"
#include "util/seeded_hash.hpp"

namespace wakepath::foreign::graph {

enum class Wakee : std::uint8_t { vcpu, worker };

class WakeJoiner {
 public:
  struct Found {
    std::uint64_t waking{};  // its number
    std::uint32_t cpu{};     // where the wakee was before, as far as that was seen
  };

  // The last call of the stack is try_to_wake_up(). nullopt: somebody else.
  static std::optional<Wakee> whom(const Thread& thread);

  // `number` is the caller's.
  void waking(Wakee wakee, std::uint64_t number, std::uint64_t line);
  // It has woken nobody.
  void none(std::uint64_t number);
  void is_vcpu(const Thread& thread);
  // A CPU goes over to `next`: the waking that is surely its own, if it was asleep.
  std::optional<Found> switched(const Where& where, const Thread& before, const Thread& next,
                                bool sleeps);
  // A vCPU's thread leaves its sleep. Its waking, if its switch did not tell whether it was asleep.
  std::optional<Found> back(const Where& where, const Thread& thread);
  [[nodiscard]] bool knows(std::uint32_t tid) const { return threads_.contains(tid); }
  [[nodiscard]] bool is_sleeping_vcpu(const Thread& thread) const;
  // Wakings may be lost.
  void forget();

 private:
  enum class State : std::uint8_t { unknown, awake, asleep };
  struct Open {
    Wakee wakee{};
    std::uint64_t number{};
    std::uint64_t line{};
  };
  struct Known {
    State state{State::unknown};
    bool vcpu{false};
    std::uint32_t cpu{};
    std::uint64_t since{};  // line at which it went to sleep
  };

  Known& known(std::uint32_t tid);
  std::optional<Found> woken(Wakee sort, Known& thread, std::uint32_t cpu);

  std::vector<Open> open_;
  SeededMap<std::uint32_t, Known> threads_;
};

}  // namespace wakepath::foreign::graph
