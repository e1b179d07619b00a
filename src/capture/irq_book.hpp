// SPDX-License-Identifier: GPL-2.0-or-later
// Where the interrupts come from that the kernel side named.
//
// The host is read on a thread of its own: with ten thousand interrupts that takes most of a
// second, and the rings want to be drained meanwhile. Once when the first action is named, and
// again, not often, for one that was not there then. Until that is done an action has only its
// name.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "wakepath/facts.hpp"
#include "wakepath/interrupt.hpp"
#include "wakepath/record.hpp"

namespace wakepath::capture {

class IrqBook {
 public:
  // Every action of every interrupt, as it is now. Called on the other thread.
  using Read = std::function<std::vector<Interrupt>()>;
  using Clock = std::chrono::steady_clock;

  // `read` may be empty: then actions have their names alone.
  explicit IrqBook(Read read = {}) : read_(std::move(read)) {}

  // What is known of this action.
  [[nodiscard]] Fact named(const wp_irq_name& name);
  // Facts of actions of which more is known since; begins to read where that is due.
  [[nodiscard]] std::vector<Fact> news(Clock::time_point now);
  // The same, after the reading that is under way, or still due. What is not read by then has its
  // name alone, and a notice says so.
  [[nodiscard]] std::vector<Fact> last_news(Clock::time_point until);

 private:
  using Key = std::pair<std::uint32_t, std::string>;

  void begin();
  std::vector<Fact> take();

  Read read_;
  std::future<std::vector<Interrupt>> reading_;
  Clock::time_point last_read_;
  std::map<Key, Interrupt> known_;
  std::map<std::uint64_t, Key> waiting_;  // for the next reading, by address of the action
  std::map<std::uint64_t, Key> asked_;    // of the one that is under way
};

}  // namespace wakepath::capture
