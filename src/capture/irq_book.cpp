// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/irq_book.hpp"

#include <algorithm>
#include <csignal>
#include <iterator>
#include <system_error>

namespace wakepath::capture {

namespace {

constexpr auto kSeldom = std::chrono::seconds(10);

// As the kernel side has it: with a terminating zero.
std::string cut_name(const std::string& action) { return action.substr(0, WP_NAME_BYTES - 1); }

Interrupt bare(const std::pair<std::uint32_t, std::string>& key) {
  Interrupt interrupt;
  interrupt.irq = key.first;
  interrupt.action = key.second;
  return interrupt;
}

}  // namespace

Fact IrqBook::named(const wp_irq_name& name) {
  const Key key{name.irq, {std::begin(name.name), std::ranges::find(name.name, '\0')}};
  const auto found = known_.find(key);
  if (found != known_.end()) {
    return irq_fact(name.action, found->second);
  }
  if (read_) {
    waiting_[name.action] = key;
  }
  return irq_fact(name.action, bare(key));
}

std::vector<Fact> IrqBook::news(Clock::time_point now) {
  if (reading_.valid()) {
    const bool ready = reading_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    return ready ? take() : std::vector<Fact>{};
  }
  const bool first = last_read_ == Clock::time_point{};
  if (!waiting_.empty() && (first || now - last_read_ >= kSeldom)) {
    last_read_ = now;
    begin();
  }
  return {};
}

std::vector<Fact> IrqBook::last_news() {
  if (!reading_.valid() && !waiting_.empty()) {
    begin();
  }
  return reading_.valid() ? take() : std::vector<Fact>{};
}

// Signals are for the thread that drains: they end its sleep.
void IrqBook::begin() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    reading_ = std::async(std::launch::async, read_);
  } catch (const std::system_error&) {
    waiting_.clear();  // no thread to be had: no devices, all else is as it was
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

std::vector<Fact> IrqBook::take() {
  for (Interrupt& interrupt : reading_.get()) {
    const Key key{interrupt.irq, cut_name(interrupt.action)};
    known_.insert_or_assign(key, std::move(interrupt));
  }
  std::vector<Fact> facts;
  for (const auto& [action, key] : waiting_) {
    // What is not listed is not looked for again.
    const auto [found, missing] = known_.try_emplace(key, bare(key));
    if (!missing) {
      facts.push_back(irq_fact(action, found->second));
    }
  }
  waiting_.clear();
  return facts;
}

}  // namespace wakepath::capture
